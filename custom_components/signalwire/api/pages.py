"""The pages of a list, out of the service's answers."""

from collections.abc import Callable
from dataclasses import replace
from itertools import compress

from .errors import MalformedAnswerError
from .models import Page
from .parsing import JsonObject, parse_date, parse_sid, parse_text

MAX_PAGE = 1000
# A longer page is not worth the memory that it takes until the next one is read.
_MAX_REPEAT = 128


class PageReader[ModelT]:
    """Makes pages of answers, and of an answer that comes again the same page with less work."""

    def __init__(self, key: str, from_json: Callable[[JsonObject], ModelT]) -> None:
        self._key = key
        self._from_json = from_json
        self._data: JsonObject | None = None
        self._page: Page[ModelT] = Page(items=())
        # What the models of that page were made of.
        self._items: list[JsonObject] = []

    def read(
        self, data: JsonObject, is_wanted: Callable[[JsonObject], bool] | None = None
    ) -> Page[ModelT]:
        """Return the page of an answer; raises MalformedAnswerError if it holds no such list.

        An item that can't be read is counted and left out. What `is_wanted` turns away it must
        always turn away: of the same object as before that is passed over without asking again.
        """
        if data is self._data and is_wanted is not None:
            return self._read_again(is_wanted)
        found = data.get(self._key)
        if not isinstance(found, list):
            raise MalformedAnswerError(f"The answer holds no list of {self._key}")
        if len(found) > MAX_PAGE:
            raise MalformedAnswerError("A page of the list is longer than any can be")
        items: list[JsonObject] = []
        models: list[ModelT] = []
        unreadable_sids: list[str] = []
        passed_over = 0
        for item in found:
            if not isinstance(item, dict):
                continue
            if is_wanted is not None and not is_wanted(item):
                passed_over += 1
                continue
            try:
                models.append(self._from_json(item))
            except MalformedAnswerError:
                if (sid := parse_sid(item.get("sid"))) is not None:
                    unreadable_sids.append(sid)
                continue
            items.append(item)
        last = found[-1] if found else None
        page = Page(
            items=tuple(models),
            unreadable=len(found) - len(models) - passed_over,
            unreadable_sids=tuple(unreadable_sids),
            passed_over=passed_over,
            reached=parse_date(last.get("date_created")) if isinstance(last, dict) else None,
            is_last=parse_text(data.get("next_page_uri")) is None,
        )
        if is_wanted is not None and len(found) <= _MAX_REPEAT:
            self._data, self._page, self._items = data, page, items
        return page

    def _read_again(self, is_wanted: Callable[[JsonObject], bool]) -> Page[ModelT]:
        """Return the last page, without what is not wanted any more."""
        wanted = [is_wanted(item) for item in self._items]
        if not all(wanted):
            self._items = list(compress(self._items, wanted))
            self._page = replace(
                self._page,
                items=tuple(compress(self._page.items, wanted)),
                passed_over=self._page.passed_over + wanted.count(False),
            )
        return self._page

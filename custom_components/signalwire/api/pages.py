"""The pages of a list, out of the service's answers."""

from collections.abc import Callable, Sized
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress
from types import GenericAlias
from typing import Any

import msgspec

from .errors import MalformedAnswerError
from .models import Model
from .parsing import JsonObject, parse_object, parse_sid, parse_text

MAX_PAGE = 1000
# Kept to be compared with the next answer; the active recordings of a busy day take less.
_MAX_REPEAT = 128 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[ModelT]:
    """One page of a list.

    `unreadable` counts the items that could not be read, and `unreadable_sids` names those of them
    that have a SID; `reached` is when the last item of all was created, wanted or not. `next_uri`
    names the page that follows, as the service writes it. `is_complete` is False where the service
    sent no list, or one whose end makes no sense.
    """

    items: tuple[ModelT, ...] = ()
    unreadable: int = 0
    unreadable_sids: tuple[str, ...] = ()
    reached: datetime | None = None
    next_uri: str | None = None
    is_complete: bool = True

    @property
    def is_last(self) -> bool:
        """Return whether no page follows."""
        return self.next_uri is None

    @property
    def is_whole(self) -> bool:
        """Return whether everything that the service has on this page could be read."""
        return self.is_complete and not self.unreadable


class PageReader[ModelT: Model]:
    """Parses answers into pages; keeps the last, so that the same answer is not parsed again.

    `key` is the name of the list in an answer, `model` the type of its items.
    """

    def __init__(self, key: str, model: type[ModelT]) -> None:
        self._key = key
        self._model = model
        items = ("items", GenericAlias(list, model), msgspec.field(name=key))
        answer = msgspec.defstruct("Answer", [items, ("next_page_uri", Any, None)])
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(answer)
        self._body = b""
        self._page: Page[ModelT] = Page()

    def read(self, body: bytes, is_wanted: Callable[[ModelT], bool] | None = None) -> Page[ModelT]:
        """Return the page of an answer; raises MalformedAnswerError if it is no list at all.

        An item that can't be read is counted and left out. An item that `is_wanted` rejects once
        it must always reject: rejected items are left out of the page that is kept.
        """
        is_repeated = is_wanted is not None and body == self._body
        page = self._page if is_repeated else self._read(body)
        if is_wanted is not None:
            page = _without(page, [is_wanted(item) for item in page.items])
            if len(body) <= _MAX_REPEAT:
                self._body, self._page = body, page
        return page

    def _read(self, body: bytes) -> Page[ModelT]:
        try:
            answer = self._decoder.decode(body)
        except msgspec.DecodeError, UnicodeDecodeError, RecursionError:
            # One that does not fit, or a text that is none, must not hide all the others.
            return self._read_loosely(parse_object(body))
        return self._page_of(answer.items, answer.next_page_uri)

    def _read_loosely(self, data: JsonObject) -> Page[ModelT]:
        """Return what can be read, item by item."""
        found = data.get(self._key, ...)
        if found is None:
            return replace(self._page_of([], data.get("next_page_uri")), is_complete=False)
        if not isinstance(found, list):
            raise MalformedAnswerError(f"The answer holds no list of {self._key}")
        _check_length(found)
        items: list[ModelT] = []
        unreadable_sids: list[str] = []
        for item in found:
            try:
                items.append(self._model.from_json(item))
            except MalformedAnswerError:
                if isinstance(item, dict) and (sid := parse_sid(item.get("sid"))) is not None:
                    unreadable_sids.append(sid)
        return replace(
            self._page_of(items, data.get("next_page_uri")),
            unreadable=len(found) - len(items),
            unreadable_sids=tuple(unreadable_sids),
        )

    def _page_of(self, items: list[ModelT], next_uri: object) -> Page[ModelT]:
        _check_length(items)
        return Page(
            items=tuple(items),
            reached=items[-1].date_created if items else None,
            next_uri=parse_text(next_uri),
        )


def _check_length(found: Sized) -> None:
    if len(found) > MAX_PAGE:
        raise MalformedAnswerError("A page of the list is longer than any can be")


def _without[ModelT](page: Page[ModelT], wanted: list[bool]) -> Page[ModelT]:
    """Return the page without what is not wanted."""
    if all(wanted):
        return page
    return replace(page, items=tuple(compress(page.items, wanted)))

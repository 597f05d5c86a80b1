"""Lists in pages, with cursors that stay where they are when something is added."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
import re
from urllib.parse import urlencode

from .errors import ServiceError, invalid
from .models import BASE, Call, Conference, Json, PhoneNumber, Recording

_DEFAULT_SIZE = 50
_MAX_SIZE = 1000

type Item = Call | Conference | PhoneNumber | Recording


def page_of[T: (Call, Conference, PhoneNumber, Recording)](
    items: Sequence[T], query: Mapping[str, str], path: str
) -> tuple[list[T], Json]:
    """Return the items of the page that the query asks for, and the fields around them.

    `items` are in order of `creation_order`; a page has the newest first. `PageSize` over 1,000
    counts as 1,000. A page beyond the first needs the token of the page before it. Raises
    ServiceError for a query that makes no sense.
    """
    number = _whole(query, "Page", 0, 0)
    size = min(_whole(query, "PageSize", _DEFAULT_SIZE, 1), _MAX_SIZE)
    end = len(items)
    if token := query.get("PageToken"):
        end = bisect_left(items, _parse_token(token), key=creation_order)
    elif number:
        raise invalid("PageToken is required beyond the first page")
    page = list(reversed(items[max(0, end - size) : end]))
    following = None
    if end > size:
        following = {"Page": str(number + 1), "PageToken": _token(page[-1])}
    kept = {key: value for key, value in query.items() if key not in ("Page", "PageToken")}
    path = f"{BASE}{path}"
    fields: Json = {
        "uri": _uri(path, {**kept, "Page": str(number)}),
        "first_page_uri": _uri(path, kept),
        "next_page_uri": following and _uri(path, {**kept, **following}),
        "previous_page_uri": _uri(path, kept) if number == 1 else None,
        "page": number,
        "page_size": size,
    }
    return page, fields


def creation_order(item: Item) -> tuple[float, str]:
    """Return what lists are ordered by, and what a page's token stands for."""
    return item.created.timestamp(), item.sid


def _token(item: Item) -> str:
    created, sid = creation_order(item)
    return f"PA{created!r}_{sid}"


def _parse_token(token: str) -> tuple[float, str]:
    if match := re.fullmatch(r"PA(\d+\.\d+)_(.+)", token):
        return float(match[1]), match[2]
    raise ServiceError(400, 20006, "PageToken is not valid")


def _whole(query: Mapping[str, str], name: str, default: int, lowest: int) -> int:
    try:
        value = int(query.get(name, default))
    except ValueError:
        raise invalid(f"{name} must be a whole number") from None
    if value < lowest:
        raise invalid(f"{name} must be at least {lowest}")
    return value


def _uri(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path

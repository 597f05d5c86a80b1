"""Raw requests to one account, whose answers can be shown without telling anything private."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
import re
from typing import Any

from aiohttp import ClientSession, ClientTimeout, encode_basic_auth
from yarl import URL

BASE = "/api/laml/2010-04-01"
_TIMEOUT = ClientTimeout(total=20)
# Values that say nothing of who called whom; of all others only their kind is shown.
_PUBLIC = frozenset(
    {
        *("api_version", "channel", "channels", "code", "date_created", "date_updated"),
        *("duration", "end_time", "error_code", "page", "page_size", "price", "price_unit"),
        *("protect_recordings", "source", "start_time", "status", "trim"),
    }
)
_MAX_SHOWN = 400
_NAME = re.compile(r"[a-z_]{1,40}")
_IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\+?\d{7,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the service: HTTP status, headers and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """Return the JSON object of the body, empty if it is none."""
        try:
            data = json.loads(self.body)
        except ValueError:
            return {}
        return data if isinstance(data, dict) else {}

    def items(self, key: str) -> list[dict[str, Any]]:
        """Return the objects of a list, empty if there is no such list."""
        found = self.json.get(key)
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    def __str__(self) -> str:
        """Return status and body, shortened, without anything private."""
        data = self.json
        text = json.dumps(without_private(data)) if data else f"{len(self.body)} bytes"
        return f"{self.status} {text}"[:_MAX_SHOWN]


def without_private(data: Any, *, is_public: bool = False) -> Any:
    """Return JSON with every value replaced that may be private."""
    match data:
        case dict():
            return {
                key if _NAME.fullmatch(key) else "…": without_private(
                    value, is_public=key in _PUBLIC
                )
                for key, value in data.items()
            }
        case list():
            return [without_private(each) for each in data[:1]] + (
                [f"and {len(data) - 1} more"] if len(data) > 1 else []
            )
        case str() if is_public:
            return _IDENTIFIER.sub("…", data)
        case str():
            return "…"
        case bool() | None:
            return data
        case _:
            return data if is_public else "…"


class Account:
    """Sends requests to the account of a project, with its login or without."""

    def __init__(self, session: ClientSession, space: URL, project: str, token: str | None) -> None:
        self.project = project
        self.path = f"{BASE}/Accounts/{project}"
        self._session = session
        self._space = space
        self._login = {} if token is None else {"Authorization": encode_basic_auth(project, token)}

    def with_token(self, token: str | None) -> Account:
        """Return the same account with another token, or without a login."""
        return Account(self._session, self._space, self.project, token)

    async def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer to a GET; a path that begins with `/` is one on the space."""
        return await self._request("GET", path, query=query, headers=headers)

    async def post(self, path: str, form: Mapping[str, str]) -> Answer:
        """Return the answer to a POST of a form."""
        return await self._request("POST", path, form=form)

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        full = path if path.startswith("/") else f"{self.path}/{path}"
        url = self._space.join(URL(full, encoded=True))
        async with self._session.request(
            method,
            url.update_query(query) if query else url,
            data=form,
            headers={**self._login, **(headers or {})},
            # The login goes to the space alone.
            allow_redirects=False,
            timeout=_TIMEOUT,
        ) as response:
            return Answer(response.status, dict(response.headers), await response.read())

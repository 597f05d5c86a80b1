"""Those who list recordings, each in a warm process of its own.

`python -m benchmarks.contenders NAME URL` says that it is ready, then lists all recordings for
every line that it is given, and tells how long it took and how many there were.
"""

import asyncio
from collections.abc import Callable, Coroutine
import json
import sys
from typing import Any, override
from urllib.parse import urlsplit

import aiohttp
import orjson
from yarl import URL

from .measuring import Stopwatch
from .space import ACCOUNT, LOGIN, PROJECT_ID, TOKEN

PAGE_SIZE = 1000

type Listing = Callable[[], Coroutine[None, None, int]]


async def client(url: str) -> Listing:
    """Return what lists them with our client."""
    from custom_components.signalwire.api import SignalWireClient  # noqa: PLC0415 (its own alone)

    ours = SignalWireClient(aiohttp.ClientSession(), URL(url), PROJECT_ID, TOKEN)

    async def listing() -> int:
        return len(await ours.list_recordings(limit=sys.maxsize))

    return listing


async def limit(url: str) -> Listing:
    """Return what reads the same bodies with nothing but aiohttp and orjson."""
    session = aiohttp.ClientSession(url, headers=LOGIN)

    async def listing() -> int:
        count = 0
        path: str | None = f"{ACCOUNT}/Recordings.json?PageSize={PAGE_SIZE}"
        while path:
            async with session.get(URL(path, encoded=True)) as response:
                page = orjson.loads(await response.read())
            count += len(page["recordings"])
            path = page["next_page_uri"]
        return count

    return listing


def twilio_client(url: str) -> Any:
    """Return Twilio's SDK, pointed at the space."""
    from twilio.http.http_client import TwilioHttpClient  # noqa: PLC0415
    from twilio.rest import Client  # noqa: PLC0415

    class HttpClient(TwilioHttpClient):  # type: ignore[misc]  # it comes without types
        @override
        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            return super().request(method, _redirected(url, space), *args, **kwargs)

    space = url
    return Client(PROJECT_ID, TOKEN, http_client=HttpClient())


async def twilio(url: str) -> Listing:
    """Return what lists them with Twilio's SDK."""
    sdk = twilio_client(url)

    async def listing() -> int:
        return len(sdk.recordings.list(page_size=PAGE_SIZE))

    return listing


async def twilio_async(url: str) -> Listing:
    """Return what lists them with Twilio's SDK and its async HTTP client."""
    from twilio.http.async_http_client import AsyncTwilioHttpClient  # noqa: PLC0415
    from twilio.rest import Client  # noqa: PLC0415

    class HttpClient(AsyncTwilioHttpClient):  # type: ignore[misc]  # it comes without types
        @override
        async def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            return await super().request(method, _redirected(url, space), *args, **kwargs)

    space = url
    sdk = Client(PROJECT_ID, TOKEN, http_client=HttpClient())

    async def listing() -> int:
        return len(await sdk.recordings.list_async(page_size=PAGE_SIZE))

    return listing


async def signalwire(url: str) -> Listing:
    """Return what lists them with SignalWire's SDK, which is an older one of Twilio's inside."""
    from signalwire.rest import Client  # noqa: PLC0415
    from twilio.http.http_client import TwilioHttpClient  # noqa: PLC0415

    class HttpClient(TwilioHttpClient):  # type: ignore[misc]  # it comes without types
        @override
        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            # It speaks HTTPS alone, which the simulator does not.
            return super().request(method, _redirected(url, space), *args, **kwargs)

    space = url
    sdk = Client(
        PROJECT_ID,
        TOKEN,
        signalwire_space_url=urlsplit(url).netloc,
        http_client=HttpClient(),
    )

    async def listing() -> int:
        return len(sdk.recordings.list(page_size=PAGE_SIZE))

    return listing


CONTENDERS = {
    "our client": client,
    "aiohttp and orjson": limit,
    "twilio": twilio,
    "twilio, async": twilio_async,
    "signalwire": signalwire,
}


def _redirected(url: str, space: str) -> str:
    """Return the address on the space of what is meant for another host."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    path = parts.path if parts.path.startswith("/api/laml") else f"/api/laml{parts.path}"
    return f"{space}{path}{query}"


async def _run(name: str, url: str) -> None:
    listing = await CONTENDERS[name](url)
    print("ready", flush=True)  # noqa: T201 (to the process that asks)
    while await asyncio.to_thread(sys.stdin.readline):
        with Stopwatch() as took:
            count = await listing()
        result = {"seconds": took.seconds, "cpu": took.cpu, "count": count}
        print(json.dumps(result), flush=True)  # noqa: T201 (likewise)


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], sys.argv[2]))

"""A program for SignalWire's own SDK, which cannot be imported where the tests run.

Lists, reads, updates, starts and deletes recordings of a space; prints what came of it as JSON.
"""

import json
import sys
from typing import Any
from urllib.parse import urlsplit

from signalwire.rest import Client
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]  # it comes without types
    """Speaks HTTP with a space on this machine; the SDK knows HTTPS alone."""

    def __init__(self, space: str) -> None:
        super().__init__()
        self._space = space

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return super().request(method, f"{self._space}{parts.path}{query}", *args, **kwargs)


def main(space: str, project: str, token: str, call_sid: str, idle_call_sid: str) -> None:
    sdk = Client(
        project,
        token,
        signalwire_space_url=urlsplit(space).netloc,
        http_client=_HttpClient(space),
    )
    listed = sdk.recordings.list(page_size=50)
    active = next(one for one in listed if one.status == "in-progress")
    ended = next(one for one in listed if one.status == "completed")
    recording = sdk.calls(call_sid).recordings(active.sid)
    updated = [recording.update(status).status for status in ("paused", "in-progress", "stopped")]
    try:
        recording.update("paused")
    except TwilioRestException as err:
        refused = err.status
    started = sdk.calls(idle_call_sid).recordings.create(recording_channels="dual")
    print(
        json.dumps(
            {
                "listed": len(listed),
                "read": sdk.recordings(active.sid).fetch().status,
                "updated": updated,
                "refused": refused,
                "started": [started.status, started.channels],
                "deleted": sdk.recordings(ended.sid).delete(),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])

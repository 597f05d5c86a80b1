"""Status callbacks: what the service tells a URL that was given when a recording started."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
import hashlib
import hmac
from ipaddress import ip_address
import json
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from .models import BASE, Json, Recording, Status
from .settings import CallbackFormat, Settings
from .space import Space

_EVENTS = {
    Status.IN_PROGRESS: "in-progress",
    Status.COMPLETED: "completed",
    Status.STOPPED: "completed",
    Status.ABSENT: "absent",
    Status.FAILED: "failed",
}
_DELIVERY_TIMEOUT = ClientTimeout(total=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One callback: for a recording, of an event, and how it was answered, if it was."""

    recording_sid: str
    event: str
    status: int | None

    def render(self) -> Json:
        """Return the delivery for the control side."""
        return {
            "recording_sid": self.recording_sid,
            "event": self.event,
            "status": self.status,
        }


def sign_form(key: str, url: str, fields: Mapping[str, str]) -> str:
    """Return the signature of a form: the URL and every sorted key and value, run together."""
    text = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()).decode()


def sign_body(key: str, url: str, body: bytes, algorithm: str) -> str:
    """Return the signature of a raw body, behind the URL."""
    return hmac.new(key.encode(), url.encode() + body, algorithm).hexdigest()


class Callbacks:
    """Delivers callbacks at best: late, several times or never, as the settings have it.

    Only to the own machine; others are left out without a word, as if the network was down.
    """

    def __init__(self, settings: Settings, space: Space) -> None:
        self.deliveries: list[Delivery] = []
        self._settings = settings
        self._space = space
        self._session: ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        space.listeners.append(self._on_change)

    def start(self) -> None:
        """Begin to deliver."""
        self._session = ClientSession(timeout=_DELIVERY_TIMEOUT)

    async def stop(self) -> None:
        """Drop what is not delivered yet."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _on_change(self, recording: Recording) -> None:
        event = _EVENTS.get(recording.status)
        url = recording.callback_url
        if event not in recording.callback_events or url is None or not _is_loopback(url):
            return
        for _ in range(self._settings.callback_copies):
            task = asyncio.get_running_loop().create_task(self._deliver(recording, event, url))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, recording: Recording, event: str, url: str) -> None:
        fields = self._payload(recording, event)
        await asyncio.sleep(self._settings.callback_delay)
        if self._session is None:
            return
        status = None
        try:
            status = await self._send(self._session, recording.callback_method, url, fields)
        except ClientError, TimeoutError:
            # Best effort: the service does not try again.
            pass
        finally:
            self.deliveries.append(
                Delivery(recording_sid=recording.sid, event=event, status=status)
            )

    async def _send(
        self, session: ClientSession, method: str, url: str, fields: Mapping[str, str]
    ) -> int:
        key = self._settings.signing_key
        body: bytes | None = None
        headers = {}
        if method == "GET":
            url = f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}"
            signature = sign_form(key, url, {})
        elif self._settings.callback_format is CallbackFormat.JSON:
            body = json.dumps(fields).encode()
            headers["Content-Type"] = "application/json"
            headers["X-SignalWire-Sha256-Signature"] = sign_body(key, url, body, "sha256")
            signature = sign_body(key, url, body, "sha1")
        else:
            body = urlencode(fields).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            signature = sign_form(key, url, fields)
        headers |= {"X-SignalWire-Signature": signature, "X-Twilio-Signature": signature}
        # As it was signed, to the letter.
        address = URL(url, encoded=True)
        async with session.request(method, address, data=body, headers=headers) as response:
            return response.status

    def _payload(self, recording: Recording, event: str) -> dict[str, str]:
        project = self._settings.project
        base = self._settings.url or ""
        return {
            "AccountSid": project,
            "CallSid": recording.call_sid or "",
            "RecordingSid": recording.sid,
            "RecordingUrl": f"{base}{BASE}/Accounts/{project}/Recordings/{recording.sid}",
            "RecordingStatus": event,
            "RecordingDuration": str(recording.duration(self._space.now())),
            "RecordingChannels": str(recording.channels),
            "RecordingSource": recording.source,
        }


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

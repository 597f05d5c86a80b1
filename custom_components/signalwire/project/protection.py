"""Whether anybody who knows its address can play a recording, and how to change that."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval

from ..api import AudioFormat, SignalWireError
from ..const import LOGGER

if TYPE_CHECKING:
    from .project import Project

_CHECK_EVERY = timedelta(hours=24)
# Of so many of the newest recordings one that can be played is looked for.
_NEWEST = 20
_FIRST_BYTE = "bytes=0-0"


class ProtectionError(Exception):
    """The protection is not on; `key` names the text that says why, with `reason` in it."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(key)
        self.key = key
        self.reason = reason


class MediaProtection:
    """Tells of recordings that can be played without the project's login, and protects them.

    SignalWire calls it Media URL Protection; it is off in a new project.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._task: asyncio.Task[None] | None = None
        self._remove_interval: Callable[[], None] | None = None

    @callback
    def async_start(self) -> None:
        """Check now, and once a day."""
        self._remove_interval = async_track_time_interval(
            self._project.hass, self._async_begin_check, _CHECK_EVERY, cancel_on_shutdown=True
        )
        self._async_begin_check()

    @callback
    def async_stop(self) -> None:
        """Check no more."""
        if self._remove_interval is not None:
            self._remove_interval()
        if self._task is not None:
            self._task.cancel()

    @callback
    def _async_begin_check(self, _: datetime | None = None) -> None:
        self._task = self._project.hass.async_create_background_task(
            self._async_check(), "signalwire protection"
        )

    async def _async_check(self) -> None:
        """Tell whether the recordings are public; what cannot be found out changes nothing."""
        client, issues = self._project.client, self._project.issues
        is_protected: bool | None
        can_change = True
        try:
            is_protected = await client.is_protected()
        except SignalWireError as err:
            LOGGER.debug("The protection could not be read: %s", err)
            can_change = False
            # Without the Management scope, one byte of a recording tells.
            try:
                is_protected = await self._async_play()
            except SignalWireError as err:
                LOGGER.debug("No recording could be played: %s", err)
                return
        match is_protected:
            case True:
                issues.async_clear_public()
            case False:
                issues.async_report_public(is_fixable=can_change)

    async def async_protect(self) -> None:
        """Switch the protection on, and off again if no recording can be played with it.

        Raises ProtectionError if it is not on afterwards, or nothing can be played.
        """
        client = self._project.client
        try:
            await client.set_protected(True)
            if not await client.is_protected():
                raise ProtectionError("not_switched", "protect_recordings: false")
        except SignalWireError as err:
            raise ProtectionError("not_switched", str(err)) from err
        try:
            await self._async_play()
        except SignalWireError as err:
            try:
                await client.set_protected(False)
            except SignalWireError:
                raise ProtectionError("not_playable", str(err)) from err
            raise ProtectionError("switched_back", str(err)) from err
        self._project.issues.async_clear_public()

    async def _async_play(self) -> bool | None:
        """Return whether the first byte of a recording took the login; None if there is none.

        Raises SignalWireError.
        """
        client = self._project.client
        for recording in await client.list_recordings(limit=_NEWEST):
            if recording.status.has_audio:
                async with client.recording_audio(
                    recording.sid, AudioFormat.WAV, _FIRST_BYTE
                ) as audio:
                    return audio.needed_login
        return None

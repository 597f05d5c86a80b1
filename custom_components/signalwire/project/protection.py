"""Checks whether recordings can be played without a login, and turns SignalWire's protection on."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval

from ..api import AudioFormat, SignalWireError, UnavailableError
from ..const import LOGGER

if TYPE_CHECKING:
    from .project import Project

# What is known is checked once a day; what could not be found out, after an hour.
_INTERVAL = timedelta(hours=1)
_CHECKS_LEFT_OUT = 23
# How many of the newest recordings are searched for one that can be played.
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
        # A check in the middle of a repair would tell what is about to change.
        self._lock = asyncio.Lock()
        self._to_leave_out = 0

    @callback
    def async_start(self) -> None:
        """Check now, and once a day."""
        self._remove_interval = async_track_time_interval(
            self._project.hass, self._async_begin_check, _INTERVAL, cancel_on_shutdown=True
        )
        self._async_begin_check()

    @callback
    def async_stop(self) -> None:
        """Check no more, and switch nothing."""
        if self._remove_interval is not None:
            self._remove_interval()
        if self._task is not None:
            self._task.cancel()

    @callback
    def _async_begin_check(self, _: datetime | None = None) -> None:
        if self._to_leave_out:
            self._to_leave_out -= 1
            return
        self._task = self._project.hass.async_create_background_task(
            self._async_check(), "signalwire protection"
        )

    async def _async_check(self) -> None:
        """Tell whether the recordings are public; what cannot be found out changes nothing."""
        async with self._lock:
            is_protected, can_change = await self._async_find_out()
            issues = self._project.issues
            match is_protected:
                case True:
                    issues.async_clear_public()
                case False:
                    issues.async_report_public(is_fixable=can_change)
            if is_protected is not None:
                self._to_leave_out = _CHECKS_LEFT_OUT

    async def _async_find_out(self) -> tuple[bool | None, bool]:
        """Return whether recordings are protected, if that is known, and if it can be changed."""
        try:
            return await self._project.client.is_protected(), True
        except SignalWireError as err:
            LOGGER.debug("The protection could not be read: %s", err)
        # Without the Management scope, one byte of a recording tells.
        try:
            return await self._async_play(), False
        except SignalWireError as err:
            LOGGER.debug("No recording could be played: %s", err)
        return None, False

    async def async_protect(self) -> None:
        """Switch the protection on, and off again if it keeps recordings from being played.

        Raises ProtectionError unless recordings are protected and one could be played, if there is
        one.
        """
        async with self._lock:
            was_protected = await self._async_switch_on()
            issues = self._project.issues
            try:
                needed_login = await self._async_play()
            except UnavailableError as err:
                # That says nothing of the protection.
                issues.async_clear_public()
                raise ProtectionError("not_tried", str(err)) from err
            except SignalWireError as err:
                if was_protected or self._project.is_stopped:
                    raise ProtectionError("not_tried", str(err)) from err
                await self._async_switch_back(err)
            else:
                if needed_login is False:
                    raise ProtectionError("still_public", "protect_recordings: true")
                issues.async_clear_public()

    async def _async_switch_on(self) -> bool:
        """Switch the protection on; return whether it was on before."""
        client = self._project.client
        try:
            if await client.is_protected():
                return True
            self._project.require_running()
            try:
                await client.set_protected(protected=True)
            except UnavailableError as err:
                # It may have been done all the same.
                LOGGER.debug("The protection was switched on without an answer: %s", err)
            if await client.is_protected():
                return False
        except SignalWireError as err:
            raise ProtectionError("not_switched", str(err)) from err
        raise ProtectionError("not_switched", "protect_recordings: false")

    async def _async_switch_back(self, reason: SignalWireError) -> None:
        """Switch the protection off again; raises ProtectionError."""
        try:
            await self._project.client.set_protected(protected=False)
        except SignalWireError:
            raise ProtectionError("not_playable", str(reason)) from reason
        self._project.issues.async_report_public(is_fixable=True)
        raise ProtectionError("switched_back", str(reason))

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

"""Polls a project, and publishes its snapshot to the entities."""

from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .api import AuthenticationError, SignalWireClient, SignalWireError, UnavailableError
from .const import DOMAIN, LOGGER
from .errors import reason_of
from .project.polling import Polling, bounded_wait
from .project.project import Project
from .project.snapshot import ProjectSnapshot
from .tasks import finish_anyway
from .webhook.callback_reader import CallbackReader
from .webhook.endpoint import ProjectWebhook
from .webhook.signing_key import SigningKey

_REFRESH_COOLDOWN = 0.5

type SignalWireConfigEntry = ConfigEntry[SignalWireCoordinator]


class SignalWireCoordinator(DataUpdateCoordinator[ProjectSnapshot]):
    """Polls one project, and publishes what is known of it.

    `project` is what is polled, `webhook` takes the callbacks for it.
    """

    config_entry: SignalWireConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: SignalWireConfigEntry, client: SignalWireClient
    ) -> None:
        self.project = Project(hass, entry, client)
        self._polling = Polling(self.project.settings)
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=self.project.settings.idle_interval,
            always_update=False,
            # A request for a refresh does not wait; several at once share one.
            request_refresh_debouncer=Debouncer(
                hass, LOGGER, cooldown=_REFRESH_COOLDOWN, immediate=True
            ),
        )
        self.data = ProjectSnapshot()
        # What the entities were last told of, and whether the service answered then.
        self._published = self.data
        self._published_success = self.last_update_success
        self.failures = 0
        """How many polls failed since the last one that did not."""
        # The event loop's time before which the service asked not to be polled.
        self._not_before = 0.0
        # How many seconds the last poll took.
        self._took = 0.0
        settings = self.project.settings
        self.webhook = ProjectWebhook(
            hass,
            entry,
            CallbackReader(self.project),
            self.project.issues,
            SigningKey(client, settings.signing_key),
            verify=settings.verify_signature,
        )

    @override
    async def _async_setup(self) -> None:
        """Bring back what was stored before a restart."""
        await self.project.async_load()
        self.data = self.project.snapshot()
        self.update_interval = self._interval

    @override
    async def async_refresh(self) -> None:
        """Refresh, whether or not whoever asks for it waits for the end."""
        await self._async_finish(super().async_refresh())

    @override
    async def async_request_refresh(self) -> None:
        """Refresh soon, whether or not whoever asks for it waits for the end."""
        await self._async_finish(super().async_request_refresh())

    async def _async_finish(self, refresh: Coroutine[Any, Any, None]) -> None:
        await finish_anyway(self.hass, self.config_entry, refresh, "signalwire refresh")

    @override
    async def _async_update_data(self) -> ProjectSnapshot:
        """Read what has changed; raises what the coordinator knows how to show."""
        began = self.hass.loop.time()
        try:
            await self.project.async_refresh()
        except (SignalWireError, TimeoutError) as err:
            self.failures += 1
            state = self.project.state
            self.update_interval = self._polling.wait_after(
                self.failures, active=bool(state.recordings), held=state.is_busy_holding
            )
            raise self._refresh_error(err) from err
        self.failures = 0
        self._not_before = 0.0
        self._took = self.hass.loop.time() - began
        if isinstance(self.project.full_refresh_failure, AuthenticationError):
            # The token may list recordings, and not what else is needed.
            self.config_entry.async_start_reauth(self.hass)
        else:
            self._async_end_reauth()
        self.update_interval = self._interval
        # Once the entities are there, what was read is shown when it is processed, just after this.
        return self.data if self._listeners else self.project.snapshot()

    @property
    def _interval(self) -> timedelta:
        state = self.project.state
        return self._polling.interval(
            active=bool(state.recordings), held=state.is_busy_holding, took=self._took
        )

    def _refresh_error(self, err: SignalWireError | TimeoutError) -> HomeAssistantError:
        """Return what a poll that failed with this error raises."""
        if isinstance(err, AuthenticationError):
            at_first = self.config_entry.state is ConfigEntryState.SETUP_IN_PROGRESS
            if at_first and not self.project.was_set_up_before:
                return ConfigEntryAuthFailed(
                    translation_domain=DOMAIN, translation_key="authentication_failed"
                )
            # Not ConfigEntryAuthFailed, which would end the polling for good: a login that is
            # refused for a moment must not leave recordings unseen.
            self.config_entry.async_start_reauth(self.hass)
        wait = bounded_wait(err.retry_after if isinstance(err, UnavailableError) else None)
        self._not_before = self.hass.loop.time() + (wait or 0)
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="refresh_failed",
            translation_placeholders={"error": reason_of(err)},
            retry_after=wait,
        )

    @callback
    def _async_end_reauth(self) -> None:
        """Take back the question for a new token, once the old one is accepted again."""
        for flow in list(self.config_entry.async_get_active_flows(self.hass, {SOURCE_REAUTH})):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])

    @override
    def _async_refresh_finished(self) -> None:
        """Process what was read, or that reading failed."""
        state = self.project.state
        self.project.async_process()
        if state.reachable and state.needs_hold_refresh and self.project.is_full_refresh_due:
            # It began while this poll was under way.
            self.async_refresh_soon()

    @callback
    def async_refresh_soon(self) -> None:
        """Poll at once, but not twice where several ask, nor before the service allows it."""
        if self.hass.loop.time() < self._not_before:
            if self._listeners and self._unsub_refresh is None:
                self._schedule_refresh()
            return
        self.config_entry.async_create_background_task(
            self.hass, self.async_request_refresh(), "signalwire refresh"
        )

    @callback
    def async_publish(self) -> None:
        """Show the entities what has changed between two polls.

        Not through `async_set_updated_data`: that would put off the next poll each time.
        """
        data = self.project.snapshot()
        # A poll that is under way would compare with what was known when it began.
        if data != self._published:
            self.data = data
            self.async_update_listeners()
        interval = self._interval
        if self.last_update_success and self._listeners and interval != self.update_interval:
            is_sooner = self.update_interval is None or interval < self.update_interval
            self.update_interval = interval
            if is_sooner:
                self._schedule_refresh()

    @callback
    @override
    def _schedule_refresh(self) -> None:
        """Schedule the next poll; while anything is held, also where polling is turned off."""
        super()._schedule_refresh()
        if not self.config_entry.pref_disable_polling or not self.project.state.is_busy_holding:
            return
        self._async_unsub_refresh()
        loop = self.hass.loop
        wait = max(self._interval.total_seconds(), self._not_before - loop.time())
        self._unsub_refresh = loop.call_later(wait, self._async_poll_for_hold).cancel

    @callback
    def _async_poll_for_hold(self) -> None:
        self.config_entry.async_create_background_task(
            self.hass, self._handle_refresh_interval(), "signalwire refresh"
        )

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Let the entities show what is new, and then tell what has happened."""
        success = self.last_update_success
        if self.data is not self._published or success is not self._published_success:
            self._published, self._published_success = self.data, success
            super().async_update_listeners()
        self.project.activities.tell()

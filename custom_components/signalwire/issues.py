"""The repair issues of a project."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN


class ProjectIssues:
    """What the user has to know of a project, for as long as it is so."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Take the config entry whose issues they are."""
        self._hass = hass
        self._entry = entry
        self._overflow_id = f"slots_exceeded_{entry.entry_id}"
        self._unconfirmed_id = f"pause_unconfirmed_{entry.entry_id}"
        self._refused_id = f"webhook_refused_{entry.entry_id}"
        self._undone_id = f"pause_undone_{entry.entry_id}"

    @callback
    def async_report_overflow(self, active: int, most_slots: int) -> None:
        """Tell of recordings that no slot is left for."""
        if active <= most_slots:
            ir.async_delete_issue(self._hass, DOMAIN, self._overflow_id)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._overflow_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="slots_exceeded",
            translation_placeholders={
                "project": self._entry.title,
                "most_slots": str(most_slots),
            },
        )

    @callback
    def async_report_unconfirmed(self, recording: str | None, reason: str) -> None:
        """Tell of a pause that is not confirmed, or, without a recording, of a silent service."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._unconfirmed_id,
            is_fixable=False,
            severity=ir.IssueSeverity.CRITICAL,
            translation_key="pause_unconfirmed" if recording else "hold_unseen",
            translation_placeholders={
                "project": self._entry.title,
                "recording": recording or "",
                "reason": reason,
            },
        )

    @callback
    def async_clear_unconfirmed(self) -> None:
        """Tell that all is paused as it should be."""
        ir.async_delete_issue(self._hass, DOMAIN, self._unconfirmed_id)

    @callback
    def async_report_refused(self, address: str | None, *, has_key: bool) -> None:
        """Tell that no callback is genuine: to no address that we know, or for want of the key."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._refused_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="webhook_refused" if has_key else "webhook_without_key",
            translation_placeholders={"project": self._entry.title, "address": address or "?"},
        )

    @callback
    def async_clear_refused(self) -> None:
        """Tell that callbacks are genuine again."""
        ir.async_delete_issue(self._hass, DOMAIN, self._refused_id)

    @callback
    def async_report_undone(self, recording: str) -> None:
        """Tell of a recording that something else resumes again and again."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._undone_id,
            is_fixable=False,
            severity=ir.IssueSeverity.CRITICAL,
            translation_key="pause_undone",
            translation_placeholders={"project": self._entry.title, "recording": recording},
        )

    @callback
    def async_clear_undone(self) -> None:
        """Tell that nothing is undone any more."""
        ir.async_delete_issue(self._hass, DOMAIN, self._undone_id)

    @callback
    def async_clear(self) -> None:
        """Take every issue back."""
        self.async_clear_undone()
        self.async_clear_refused()
        ir.async_delete_issue(self._hass, DOMAIN, self._overflow_id)
        self.async_clear_unconfirmed()

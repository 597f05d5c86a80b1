"""The repair issues of a project."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from yarl import URL

from ..const import DOMAIN
from .damage import Damage

_OVERFLOW = "slots_exceeded"
_UNCONFIRMED = "pause_unconfirmed"
_UNRESUMED = "resume_unconfirmed"
_UNDONE = "pause_undone"
_STORAGE_FAILED = "storage_failed"
_NOT_RESTORED = "hold_not_restored"
_REFUSED = "webhook_refused"
PUBLIC = "recordings_public"
_MARKS_LOST = "marks_lost"
_COPIES_STOPPED = "copies_stopped"
_COPIES_FAILED = "copies_failed"
_RETENTION_UNCONFIRMED = "retention_unconfirmed"
_DELETION_FAILED = "deletion_failed"
_NOT_RESTORED_TEXTS = {
    Damage.MISSING: "hold_not_restored_missing",
    Damage.UNREADABLE: "hold_not_restored_unreadable",
    Damage.NEWER: "hold_not_restored_newer",
}


class ProjectIssues:
    """What the user has to know of a project, for as long as it is so."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        self._hass = hass
        self._entry = entry

    @callback
    def async_report_overflow(self, active: int, most_slots: int) -> None:
        """Tell of recordings that no slot is left for, or that there are none."""
        if active <= most_slots:
            self._async_clear(_OVERFLOW)
            return
        self._async_report(_OVERFLOW, ir.IssueSeverity.WARNING, most_slots=str(most_slots))

    @callback
    def async_report_unconfirmed(self, recordings: str, reason: str) -> None:
        """Tell of pauses that are not confirmed, or, without recordings, of a silent service."""
        self._async_report(
            _UNCONFIRMED,
            ir.IssueSeverity.CRITICAL,
            text="pause_unconfirmed" if recordings else "hold_unseen",
            recording=recordings,
            reason=reason,
        )

    @callback
    def async_clear_unconfirmed(self) -> None:
        """Tell that all is paused as it should be."""
        self._async_clear(_UNCONFIRMED)

    @callback
    def async_report_unresumed(self, recordings: str, reason: str) -> None:
        """Tell of recordings that the hold paused and that are not resumed in time."""
        self._async_report(_UNRESUMED, ir.IssueSeverity.ERROR, recording=recordings, reason=reason)

    @callback
    def async_clear_unresumed(self) -> None:
        """Tell that all is resumed."""
        self._async_clear(_UNRESUMED)

    @callback
    def async_report_storage(self, *, is_written: bool) -> None:
        """Tell that what is in force could not be written to the disk, or that it is now."""
        if is_written:
            self._async_clear(_STORAGE_FAILED)
        else:
            self._async_report(_STORAGE_FAILED, ir.IssueSeverity.CRITICAL)

    @callback
    def async_report_not_restored(self, damage: Damage) -> None:
        """Tell that what was stored is lost, so that recordings are held to be on the safe side."""
        self._async_report(
            _NOT_RESTORED,
            ir.IssueSeverity.CRITICAL,
            text=_NOT_RESTORED_TEXTS[damage],
            is_fixable=True,
        )

    @callback
    def async_clear_not_restored(self) -> None:
        """Tell that somebody has decided what is to be held."""
        self._async_clear(_NOT_RESTORED)

    @callback
    def async_report_refused(self, address: str | None, *, has_key: bool) -> None:
        """Tell that no callback is genuine: to no address that we know, or for want of the key."""
        self._async_report(
            _REFUSED,
            ir.IssueSeverity.WARNING,
            text="webhook_refused" if has_key else "webhook_without_key",
            # Everybody sees issues, but not everybody is to know the rest of it.
            address=f"{URL(address).origin()}/…" if address else "?",
        )

    @callback
    def async_clear_refused(self) -> None:
        """Tell that callbacks are genuine again."""
        self._async_clear(_REFUSED)

    @callback
    def async_report_public(self, *, is_fixable: bool) -> None:
        """Tell that whoever knows the address of a recording can listen to it."""
        self._async_report(
            PUBLIC,
            ir.IssueSeverity.WARNING,
            text=PUBLIC if is_fixable else "recordings_public_elsewhere",
            is_fixable=is_fixable,
        )

    @callback
    def async_clear_public(self) -> None:
        """Tell that recordings take the project's login."""
        self._async_clear(PUBLIC)

    @callback
    def async_report_undone(self, recording: str) -> None:
        """Tell of a recording that something else resumes again and again."""
        self._async_report(_UNDONE, ir.IssueSeverity.CRITICAL, recording=recording)

    @callback
    def async_clear_undone(self) -> None:
        """Tell that nothing is undone any more."""
        self._async_clear(_UNDONE)

    @callback
    def async_report_marks_lost(self) -> None:
        """Tell that nothing is deleted any more, because what is to be kept is not known."""
        self._async_report(_MARKS_LOST, ir.IssueSeverity.ERROR)

    @callback
    def async_report_retention_unconfirmed(self) -> None:
        """Tell that nothing is deleted any more, because what would be was not confirmed."""
        self._async_report(_RETENTION_UNCONFIRMED, ir.IssueSeverity.WARNING)

    @callback
    def async_report_deletion_failed(self, reason: str) -> None:
        """Tell that something that is due could not be deleted for days."""
        self._async_report(_DELETION_FAILED, ir.IssueSeverity.ERROR, reason=reason)

    @callback
    def async_clear_deletion_failed(self) -> None:
        """Tell that what is due is deleted."""
        self._async_clear(_DELETION_FAILED)

    @callback
    def async_report_copies_stopped(self, reason: str) -> None:
        """Tell that nothing is copied, for want of the folder or of room in it."""
        self._async_report(_COPIES_STOPPED, ir.IssueSeverity.ERROR, reason=reason)

    @callback
    def async_clear_copies_stopped(self) -> None:
        """Tell that copies are made again."""
        self._async_clear(_COPIES_STOPPED)

    @callback
    def async_report_copies_failed(self, number: int, reason: str) -> None:
        """Tell of recordings that could not be copied again and again."""
        self._async_report(
            _COPIES_FAILED, ir.IssueSeverity.WARNING, number=str(number), reason=reason
        )

    @callback
    def async_clear_copies_failed(self) -> None:
        """Tell that no recording is left that could not be copied."""
        self._async_clear(_COPIES_FAILED)

    @callback
    def async_clear(self) -> None:
        """Take every issue back."""
        for kind in (
            _OVERFLOW,
            _UNCONFIRMED,
            _UNRESUMED,
            _UNDONE,
            _STORAGE_FAILED,
            _NOT_RESTORED,
            _REFUSED,
            PUBLIC,
            _MARKS_LOST,
            _COPIES_STOPPED,
            _COPIES_FAILED,
            _RETENTION_UNCONFIRMED,
            _DELETION_FAILED,
        ):
            self._async_clear(kind)

    def _async_report(
        self,
        kind: str,
        severity: ir.IssueSeverity,
        text: str | None = None,
        *,
        is_fixable: bool = False,
        **placeholders: str,
    ) -> None:
        """Show an issue; `text` names its words where they are not those of its kind."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._id_of(kind),
            data={
                "kind": kind,
                "entry_id": self._entry.entry_id,
                "project": self._entry.title,
                **placeholders,
            }
            if is_fixable
            else None,
            is_fixable=is_fixable,
            severity=severity,
            translation_key=text or kind,
            translation_placeholders={"project": self._entry.title, **placeholders},
        )

    def _async_clear(self, kind: str) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, self._id_of(kind))

    def _id_of(self, kind: str) -> str:
        return f"{kind}_{self._entry.entry_id}"

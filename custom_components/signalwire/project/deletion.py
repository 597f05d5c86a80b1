"""The one way in which recordings are deleted, whoever asks for it."""

from typing import TYPE_CHECKING

from homeassistant.core import Context

from ..api import NotFoundError, Recording, SignalWireError
from ..errors import validation_error
from .activity import Activity, ActivityType
from .updates import Actor

if TYPE_CHECKING:
    from .project import Project


class KeptError(Exception):
    """The recording is marked to be kept."""


class BeingDeletedError(Exception):
    """Somebody else deletes the recording just now."""


class UncertainDeletionError(Exception):
    """Whether the recording was deleted could not be found out; the cause is what went wrong."""


class Deletions:
    """Deletes recordings that are over, but for those that are marked to be kept."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._under_way: set[str] = set()

    def is_under_way(self, sid: str) -> bool:
        """Return whether a recording is being deleted just now."""
        return sid in self._under_way

    async def async_delete(
        self, recording: Recording, actor: Actor, context: Context | None = None
    ) -> None:
        """Delete a recording that has ended, and tell of it. It is never tried twice.

        Where the answer is an error, the recording is read to see whether it was deleted all the
        same. Raises KeptError, BeingDeletedError and ServiceValidationError before anything is
        sent; UncertainDeletionError; another SignalWireError if it is still there.
        """
        project, sid = self._project, recording.sid
        project.require_running()
        # Nothing is waited for between this and the request: a mark that is set later finds the
        # deletion under way.
        if project.retention.is_lost:
            raise validation_error("marks_are_lost")
        if sid in project.retention.kept:
            raise KeptError
        if sid in self._under_way:
            raise BeingDeletedError
        self._under_way.add(sid)
        try:
            await project.client.delete_recording(sid)
        except SignalWireError as err:
            if project.is_stopped:
                raise UncertainDeletionError(str(err)) from err
            if not await self.async_is_gone(sid, err):
                raise
        finally:
            self._under_way.discard(sid)
        self.report(sid, recording, actor, context)

    async def async_is_gone(self, sid: str, cause: SignalWireError | None = None) -> bool:
        """Return whether there is no such recording; raises UncertainDeletionError."""
        try:
            await self._project.client.get_recording(sid)
        except NotFoundError:
            return True
        except SignalWireError as err:
            raise UncertainDeletionError(str(cause or err)) from err
        return False

    def report(
        self, sid: str, recording: Recording | None, actor: Actor, context: Context | None = None
    ) -> None:
        """Tell that a recording was deleted, with what it was if that is known."""
        project = self._project
        if project.is_stopped:
            return
        project.retention.async_note_deleted(sid)
        parties = None if recording is None else project.library.known_parties(recording)
        project.async_tell(
            Activity(
                type=ActivityType.DELETED,
                recording=recording,
                actor=actor,
                context=context,
                parties=parties,
            )
        )

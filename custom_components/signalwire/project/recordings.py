"""What is known of the active recordings, out of refreshes and answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..api import Recording
from .discovery import RefreshResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A recording before and after its status became another.

    `before` is None for one that has just been found, `after` for one that the service no longer
    has; one that has ended is there with its last status.
    """

    before: Recording | None
    after: Recording | None

    @property
    def sid(self) -> str:
        """Return the SID of the recording."""
        recording = self.after or self.before
        return recording.sid if recording else ""


class ActiveRecordings:
    """The active recordings by SID, as the service confirmed them last.

    An answer to an update is newer than a refresh that began before it came, so that refresh
    does not touch the recording. An update without an answer may have been carried out or not:
    its recording is in doubt until a refresh that begins later. Refreshes never overlap.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._known: dict[str, Recording | None] = {}
        self._answered: set[str] = set()
        self._uncertain: set[str] = set()
        # Those of them that the refresh under way will have cleared up.
        self._clearing: set[str] = set()
        # Those that are being read alone, and nothing newer was heard of meanwhile.
        self._reading: set[str] = set()

    def restore(self, sids: Iterable[str]) -> None:
        """Bring back the SIDs that are known from before a restart."""
        self._known = dict.fromkeys(sids)

    @property
    def known(self) -> Mapping[str, Recording | None]:
        """Return all of them; None where nothing but the SID is known yet."""
        return MappingProxyType(self._known)

    @property
    def read(self) -> dict[str, Recording]:
        """Return those that the service has told of."""
        return {sid: recording for sid, recording in self._known.items() if recording is not None}

    def begin_refresh(self) -> None:
        """Note that a refresh begins now."""
        self._answered.clear()
        self._clearing = set(self._uncertain)

    def merge(self, reading: RefreshResult) -> list[Change]:
        """Take what the refresh has read."""
        self._reading -= reading.gone | reading.recordings.keys()
        unread = self._known.keys() - reading.gone - reading.recordings.keys() - self._answered
        changes = [self._drop(sid) for sid in reading.gone - self._answered if sid in self._known]
        changes += [
            change
            for recording in reading.recordings.values()
            if recording.sid not in self._answered and (change := self._take(recording))
        ]
        self._uncertain -= self._clearing
        # What was known and could not be read may be anything by now.
        self._uncertain |= unread
        return changes

    def is_uncertain(self, sid: str) -> bool:
        """Return whether an update of the recording may have been carried out unseen."""
        return sid in self._uncertain

    def mark_unanswered(self, sid: str) -> None:
        """Note that an update of the recording was not answered."""
        self._uncertain.add(sid)
        self._clearing.discard(sid)
        self._reading.discard(sid)

    def apply_response(self, recording: Recording) -> list[Change]:
        """Take the answer to an update, or to a read of one recording after it."""
        self._answered.add(recording.sid)
        self._reading.discard(recording.sid)
        self._uncertain.discard(recording.sid)
        change = self._take(recording)
        return [change] if change else []

    def apply_not_found(self, sid: str) -> list[Change]:
        """Take the answer that there is no such recording."""
        self._answered.add(sid)
        self._reading.discard(sid)
        return [self._drop(sid)] if sid in self._known else []

    def begin_read(self, sid: str) -> None:
        """Note that a recording is going to be read alone, unasked for by an update."""
        self._reading.add(sid)

    def apply_read(self, recording: Recording) -> list[Change] | None:
        """Take what was read, or return None: something newer may have been heard meanwhile."""
        if recording.sid not in self._reading:
            return None
        return self.apply_response(recording)

    def end_read(self, sid: str) -> None:
        """Note that there is nothing to take any more."""
        self._reading.discard(sid)

    def _take(self, recording: Recording) -> Change | None:
        before = self._known.get(recording.sid)
        if recording.is_active:
            self._known[recording.sid] = recording
            if before is not None and before.status is recording.status:
                # Of thousands, most are as they were.
                return None
        elif recording.sid in self._known:
            self._drop(recording.sid)
        else:
            return None
        return Change(before=before, after=recording)

    def _drop(self, sid: str) -> Change:
        self._uncertain.discard(sid)
        return Change(before=self._known.pop(sid), after=None)

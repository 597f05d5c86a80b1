"""Whose pause it is: what a person paused, and what only the hold did."""

from math import inf

from . import adapter
from .holds import ExpectedHolds
from .network import Exchange
from .service import Recording

# An update, with what it waits for, is over after this long.
_UPDATE_TOTAL = 3 * adapter.REQUEST_TOTAL


class Ownership:
    """Follows, for each recording by SID, who is behind its pause as far as that is settled.

    `persons` were paused by a person, and nobody has resumed them; `holds` were paused by the
    hold alone. What may be both is in neither. All of it ends when the recording truly records.
    """

    def __init__(self, hold: ExpectedHolds) -> None:
        self._hold = hold
        self.persons: set[str] = set()
        self.holds: set[str] = set()
        self.last_call: dict[str, str] = {}
        self.wanted_on: set[str] = set()
        # Asked for by a person since it truly recorded, whatever came of it.
        self._asked: set[str] = set()
        # When the last call that asked for a pause ended, in monotonic seconds.
        self._asked_until: dict[str, float] = {}
        # A person's, but not yet told so by an answer.
        self._unanswered: set[str] = set()
        # When a person last asked for a pause.
        self._asked_at: dict[str, float] = {}
        # What the person asked for was done, and something else has undone it.
        self._undone: set[str] = set()
        # Not paused by the hold as far as can be known, since when: no answer has shown since that
        # it records.
        self._not_refuted: dict[str, float] = {}

    def begin_call(self, kind: str, sids: list[str]) -> None:
        """Note that a person begins to `pause`, `resume` or `stop` recordings."""
        for sid in sids:
            self.last_call[sid] = kind
            self.wanted_on.discard(sid)
            self._asked_until.pop(sid, None)
            self._undone.discard(sid)
            if kind == "pause":
                self._asked.add(sid)
                self._not_refuted[sid] = self._asked_at[sid] = self._hold.now
                self.holds.discard(sid)
            else:
                self.persons.discard(sid)
                self._unanswered.discard(sid)

    def end_call(self, sids: list[str], now: float) -> None:
        """Note that the call ended, however it did."""
        self._asked_until.update(dict.fromkeys(sids, now))

    def is_waiting_for_pause(self, sid: str) -> bool:
        """Return whether a person waits for a pause that was asked for last."""
        return self.last_call.get(sid) == "pause" and sid not in self._asked_until

    def may_want_pause(self, sid: str) -> bool:
        """Return whether a pause may be on its way that a person has asked for."""
        return self.last_call.get(sid) == "pause" or self._was_asked_lately(sid)

    def _was_asked_lately(self, sid: str) -> bool:
        return self._hold.now < self._asked_at.get(sid, -inf) + _UPDATE_TOTAL

    def refute(self, recording: Recording, sent: float) -> None:
        """Note that a request sent then was answered with the recording being recorded.

        What was asked for long before, and is not under way any more, has never happened.
        """
        sid = recording.sid
        if sent > self._not_refuted.get(sid, inf):
            del self._not_refuted[sid]
        if (
            recording.status == "in-progress"
            and self.last_call.get(sid) == "pause"
            and sent > max(recording.since, self._asked_until.get(sid, inf) + _UPDATE_TOTAL)
        ):
            del self.last_call[sid]
            self._asked.discard(sid)

    def pause_succeeded(self, recording: Recording) -> None:
        """Note that a person was told that the recording is paused.

        If it recorded again since they asked, whose pause it is by now is not settled.
        """
        sid = recording.sid
        asked = self._asked_at.get(sid, inf)
        if any(each.time > asked and each.status != "paused" for each in recording.history):
            return
        if self.last_call.get(sid) == "pause" and recording.status == "paused":
            self.persons.add(sid)
            self._not_refuted[sid] = recording.since
            self._unanswered.discard(sid)

    def changed(
        self, recording: Recording, executing: Exchange | None, *, is_orphaned: bool
    ) -> None:
        """Note what the recording truly became, and through which request if any.

        What nobody waits for any more settles nothing.
        """
        sid = recording.sid
        if recording.status != "paused":
            if executing is None and sid in self.persons:
                self._undone.add(sid)
            for group in (self.persons, self.holds, self._asked, self._unanswered):
                group.discard(sid)
        if not recording.is_active:
            self.wanted_on.discard(sid)
        if recording.status == "paused":
            if executing is None:
                self.wanted_on.discard(sid)
                self._not_refuted[sid] = recording.since
            elif self.last_call.get(sid) == "pause" and sid not in self._undone:
                self._asked.add(sid)
                # What was sent before the release may be the hold's.
                is_sent_since = executing.sent > self._hold.settled_since
                if self._hold.expected is False and is_sent_since and not is_orphaned:
                    self.persons.add(sid)
                    self._unanswered.add(sid)
            elif not (
                sid in self._asked
                or sid in self._not_refuted
                # What has resumed it may also have been a resume that was cut off for the pause.
                or (sid in self._undone and self._was_asked_lately(sid))
            ):
                self.holds.add(sid)

    def end_of_process(self) -> None:
        """Note that Home Assistant ends: what nobody was told is not settled any more."""
        self.persons -= self._unanswered
        self._unanswered.clear()
        self.wanted_on.clear()

    def unsettle(self, sid: str) -> None:
        """Note that whose pause is on its way cannot be known."""
        self._not_refuted[sid] = self._hold.now

    def forget(self) -> None:
        """Note that what was stored is gone."""
        for group in (self.persons, self.holds, self._unanswered, self.wanted_on):
            group.clear()
        self._not_refuted.clear()

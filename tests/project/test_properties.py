"""Slots, the wish, and the merge of polls and answers, under every order of events.

A model of the service, of people and of the network drives the parts that decide: whatever the
interleaving, restarts included, the promises hold.
"""

from dataclasses import dataclass, field
import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
import pytest

from custom_components.signalwire.api import Recording, RecordingStatus
from custom_components.signalwire.project.discovery import RefreshResult
from custom_components.signalwire.project.hold import PausedBy, RecordingHold
from custom_components.signalwire.project.recordings import ActiveRecordings
from custom_components.signalwire.project.slots import Slots

PAUSED, RECORDING = RecordingStatus.PAUSED, RecordingStatus.IN_PROGRESS
STOPPED, COMPLETED = RecordingStatus.STOPPED, RecordingStatus.COMPLETED
MAX_SLOTS = 3
MAX_CALLS = 6
# A stop ends all that could go wrong.
ASKED = st.sampled_from([PAUSED, PAUSED, RECORDING, RECORDING, STOPPED])


@dataclass
class Update:
    """An update on its way: not yet carried out while `answer` is None."""

    status: RecordingStatus
    by_person: bool
    answer: Recording | None = None
    # Something outside has resumed the recording since it was carried out.
    undone: bool = False


@dataclass
class Poll:
    """A refresh that has begun; `reading` is what the service answered, once it has.

    `answered` are the recordings that an answer came for since it began.
    """

    reading: RefreshResult | None = None
    answered: dict[str, RecordingStatus] = field(default_factory=dict)


@dataclass
class Read:
    """A read of one recording for a callback; `answer` is what the service answered, once it has.

    `overtaken` says that something newer was heard of the recording since the read began.
    """

    answer: Recording | None = None
    overtaken: bool = False


class Project(RuleBasedStateMachine):
    """One project: the service's truth, and what the integration makes of it."""

    @initialize()
    def begin(self) -> None:
        self.service: dict[str, RecordingStatus] = {}
        self.recordings = ActiveRecordings()
        self.slots = Slots(MAX_SLOTS)
        self.hold = RecordingHold()
        self.updates: dict[str, Update] = {}
        self.poll: Poll | None = None
        self.reads: dict[str, Read] = {}
        # Paused by a person last, who was told so, and by nobody resumed since.
        self.persons: set[str] = set()
        # What a person asked last was to pause it: the hold leaves it so, told or not.
        self.theirs: set[str] = set()
        # Paused by the hold, while nobody else did anything to it.
        self.held_alone: set[str] = set()
        self.count = 0
        self.a_call_starts()
        self.a_whole_poll()

    # The service, and what happens on it.

    @precondition(lambda self: len(self.service) < MAX_CALLS)
    @rule()
    def a_call_starts(self) -> None:
        self.count += 1
        self.service[f"r{self.count:03}"] = RECORDING

    @precondition(lambda self: self.service)
    @rule(data=st.data())
    def a_call_ends(self, data: st.DataObject) -> None:
        sid = data.draw(st.sampled_from(sorted(self.service)))
        if self.service[sid] in (RECORDING, PAUSED):
            self.service[sid] = COMPLETED

    @precondition(lambda self: self.service)
    @rule(data=st.data(), status=st.sampled_from([PAUSED, RECORDING]))
    def something_outside_acts(self, data: st.DataObject, status: RecordingStatus) -> None:
        sid = data.draw(st.sampled_from(sorted(self.service)))
        if self.service[sid] in (RECORDING, PAUSED):
            self.service[sid] = status
            self.held_alone.discard(sid)
            if status is RECORDING:
                self.persons.discard(sid)
                if sid in self.updates:
                    self.updates[sid].undone = self.updates[sid].answer is not None

    # Refreshes.

    @precondition(lambda self: self.poll is None)
    @rule()
    def a_poll_begins(self) -> None:
        self.poll = Poll()
        self.recordings.begin_refresh()
        self.slots.begin_refresh()

    @precondition(lambda self: self.poll is not None)
    @rule()
    def a_poll_is_answered(self) -> None:
        assert self.poll is not None
        self.poll.reading = RefreshResult(
            recordings={sid: self._recording(sid) for sid in self.service},
            gone=set(self.recordings.known) - set(self.service),
        )

    @precondition(lambda self: self.poll is not None and self.poll.reading is not None)
    @rule()
    def a_poll_ends(self) -> None:
        assert self.poll is not None
        assert self.poll.reading is not None
        self.recordings.merge(self.poll.reading)
        for sid in self.poll.reading.recordings:
            self._overtake(sid)
        for sid, status in self.poll.answered.items():
            known = self.recordings.read.get(sid)
            assert (known.status if known else None) == (
                status if status in (RECORDING, PAUSED) else None
            ), "a poll has undone an answer that came while it was under way"
        self.poll = None
        self._settle()
        self.slots.end_refresh()

    @precondition(lambda self: self.poll is None)
    @rule()
    def a_whole_poll(self) -> None:
        self.a_poll_begins()
        self.a_poll_is_answered()
        self.a_poll_ends()

    # Callbacks, and what is read for them.

    @precondition(lambda self: bool(set(self.service) - set(self.reads) - set(self.updates)))
    @rule(data=st.data())
    def a_callback_comes(self, data: st.DataObject) -> None:
        free = sorted(set(self.service) - set(self.reads) - set(self.updates))
        sid = data.draw(st.sampled_from(free))
        self.recordings.begin_read(sid)
        self.reads[sid] = Read()

    @precondition(lambda self: any(not read.answer for read in self.reads.values()))
    @rule(data=st.data())
    def a_read_is_answered(self, data: st.DataObject) -> None:
        waiting = sorted(sid for sid, read in self.reads.items() if not read.answer)
        sid = data.draw(st.sampled_from(waiting))
        self.reads[sid].answer = self._recording(sid)

    @precondition(lambda self: any(read.answer for read in self.reads.values()))
    @rule(data=st.data())
    def a_read_arrives(self, data: st.DataObject) -> None:
        sid = data.draw(st.sampled_from(sorted(sid for sid, r in self.reads.items() if r.answer)))
        read = self.reads.pop(sid)
        assert read.answer is not None
        taken = self.recordings.apply_read(read.answer)
        assert (taken is None) == read.overtaken, "a read has undone something newer"
        self.recordings.end_read(sid)
        if taken is not None:
            assert (sid in self.recordings.read) == (read.answer.status in (RECORDING, PAUSED))
            if self.poll is not None:
                self.poll.answered[sid] = read.answer.status
        self._settle()

    # Updates of people and of the hold.

    @precondition(lambda self: bool(set(self.recordings.read) - set(self.updates)))
    @rule(data=st.data(), status=ASKED, at_once=st.booleans())
    def a_person_asks(self, data: st.DataObject, status: RecordingStatus, at_once: bool) -> None:
        free = sorted(set(self.recordings.read) - set(self.updates))
        sid = data.draw(st.sampled_from(free))
        if status is RECORDING and self.hold.held:
            return  # is refused
        self.hold.record_user_request(sid, status)
        if status is PAUSED:
            self.theirs.add(sid)
            self.held_alone.discard(sid)
        elif status is RECORDING:
            self.theirs.discard(sid)
            self.persons.discard(sid)
        self.updates[sid] = Update(status, by_person=True)
        if at_once:
            self._carry_out(sid)
            self._deliver(sid)

    @precondition(lambda self: bool(self._goals()))
    @rule(at_once=st.booleans())
    def the_hold_asks(self, at_once: bool) -> None:
        for sid, status in self._goals().items():
            if sid in self.updates:
                continue
            if status is PAUSED:
                self.hold.mark_paused_by_hold(sid)
            else:
                assert sid not in self.persons, "what a person paused would be resumed"
            self.updates[sid] = Update(status, by_person=False)
            if at_once:
                self._carry_out(sid)
                self._deliver(sid)

    @precondition(lambda self: any(not update.answer for update in self.updates.values()))
    @rule(data=st.data())
    def an_update_is_carried_out(self, data: st.DataObject) -> None:
        waiting = sorted(sid for sid, update in self.updates.items() if not update.answer)
        self._carry_out(data.draw(st.sampled_from(waiting)))

    @precondition(lambda self: any(update.answer for update in self.updates.values()))
    @rule(data=st.data())
    def an_answer_arrives(self, data: st.DataObject) -> None:
        done = sorted(sid for sid, update in self.updates.items() if update.answer)
        self._deliver(data.draw(st.sampled_from(done)))

    @precondition(lambda self: not self.hold.held)
    @rule()
    def call_recording_is_switched_off(self) -> None:
        self.hold.begin(None)

    @precondition(lambda self: self.hold.held)
    @rule()
    def call_recording_is_switched_on(self) -> None:
        self.hold.end()

    # Bad weather.

    @rule(data=st.data(), kind=st.sampled_from(["poll", "update", "read", "restart"]))
    def something_is_lost(self, data: st.DataObject, kind: str) -> None:
        if kind == "poll":
            self.poll = None
        elif kind == "update" and self.updates:
            sid = data.draw(st.sampled_from(sorted(self.updates)))
            self.recordings.mark_unanswered(sid)
            self._tell_if_failed(sid, self.updates.pop(sid))
            self._overtake(sid)
        elif kind == "read" and self.reads:
            sid = data.draw(st.sampled_from(sorted(self.reads)))
            del self.reads[sid]
            self.recordings.end_read(sid)
        elif kind == "restart":
            self._restart()

    def _restart(self) -> None:
        """Let only what is stored come back."""
        known = list(self.recordings.known)
        paused_by = {sid: by for sid in known if (by := self.hold.paused_by(sid)) is not None}
        held = self.hold.held
        occupants = {n: sid for n, sid in self.slots.occupants.items() if sid is not None}
        self.slots = Slots(MAX_SLOTS, self.slots.occupants, occupants)
        self.recordings = ActiveRecordings()
        self.recordings.restore(known)
        self.hold = RecordingHold()
        if held:
            self.hold.begin(None)
        self.hold.restore(paused_by)
        # A person's pause that was under way may have happened; nobody was told.
        self.updates.clear()
        self.poll = None
        self.reads.clear()

    # What always holds.

    @invariant()
    def no_recording_sits_in_two_slots(self) -> None:
        seated = [sid for sid in self.slots.occupants.values() if sid is not None]
        assert len(seated) == len(set(seated))
        for number, sid in self.slots.occupants.items():
            assert 1 <= number <= MAX_SLOTS
            if sid is not None:
                assert self.slots.number_of(sid) == number

    @invariant()
    def what_has_ended_for_us_sits_nowhere(self) -> None:
        for sid in self.slots.occupants.values():
            assert sid is None or sid in self.recordings.known

    def teardown(self) -> None:
        """Let the weather clear up: now every promise has to be kept."""
        if not hasattr(self, "service"):
            return
        for sid in list(self.updates):
            self._carry_out(sid)
            self._deliver(sid)
        self.poll = None
        for _ in range(3):
            self.a_poll_begins()
            self.a_poll_is_answered()
            self.a_poll_ends()
            self.the_hold_asks(at_once=True)
        active = {sid: s for sid, s in self.service.items() if s in (RECORDING, PAUSED)}
        assert {sid: r.status for sid, r in self.recordings.read.items()} == active
        seated = [sid for sid in self.slots.occupants.values() if sid is not None]
        assert len(seated) == min(len(active), MAX_SLOTS)
        if self.hold.held:
            assert RECORDING not in active.values()
        else:
            assert not [sid for sid in active if self.hold.paused_by(sid) is PausedBy.HOLD]
            assert not [sid for sid in self.persons & set(active) if active[sid] is RECORDING]
            assert not self.held_alone & set(active), "what the hold paused is not resumed"

    # Steps.

    def _recording(self, sid: str) -> Recording:
        return Recording(sid=sid, status=self.service[sid], call_sid=f"c{sid}")

    def _in_doubt(self, sid: str) -> bool:
        update, known = self.updates.get(sid), self.recordings.known.get(sid)
        return self.recordings.is_uncertain(sid) or (
            update is not None and known is not None and update.status is not known.status
        )

    def _goals(self) -> dict[str, RecordingStatus]:
        return self.hold.desired_statuses(self.recordings.read.values(), self._in_doubt)

    def _carry_out(self, sid: str) -> None:
        update = self.updates[sid]
        if self.service[sid] in (RECORDING, PAUSED):
            if not update.by_person and update.status is PAUSED and self.service[sid] is RECORDING:
                if sid not in self.theirs:
                    self.held_alone.add(sid)
            elif update.by_person or update.status is RECORDING:
                self.held_alone.discard(sid)
            self.service[sid] = update.status
        update.answer = self._recording(sid)

    def _deliver(self, sid: str) -> None:
        update = self.updates.pop(sid)
        assert update.answer is not None
        self.recordings.apply_response(update.answer)
        self._overtake(sid)
        if self.poll is not None:
            self.poll.answered[sid] = update.answer.status
        if not update.answer.status.confirms(update.status):
            self._tell_if_failed(sid, update)
        elif update.by_person and update.status is PAUSED and not update.undone:
            self.persons.add(sid)
        self._settle()

    def _overtake(self, sid: str) -> None:
        if sid in self.reads:
            self.reads[sid].overtaken = True

    def _tell_if_failed(self, sid: str, update: Update) -> None:
        if update.by_person and update.status is PAUSED:
            self.hold.revert_user_pause(sid, self.recordings.known.get(sid))

    def _settle(self) -> None:
        self.slots.update(self.recordings.known)
        self.hold.prune(self.recordings.known)


@pytest.mark.timeout(3600)
def test_the_promises_hold_in_every_order_of_events() -> None:
    run_state_machine_as_test(
        Project,
        settings=settings(
            max_examples=int(os.environ.get("EXAMPLES", "500")),
            # The same examples each time, unless somebody asks for others.
            derandomize="EXAMPLES" not in os.environ,
            stateful_step_count=60,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

"""The state of a project: which observation counts, what is desired, and what is confirmed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.signalwire.api import PauseBehavior, Recording, RecordingStatus
from custom_components.signalwire.project.discovery import Batch, RefreshResult
from custom_components.signalwire.project.hold import Hold, PausedBy
from custom_components.signalwire.project.observation import Interval
from custom_components.signalwire.project.slots import Slots
from custom_components.signalwire.project.state import (
    FULL_REFRESH_EVERY,
    MAX_REFRESH_AGE,
    SETTLES_AFTER,
    STALE_FOR,
    ProjectState,
)
from custom_components.signalwire.project.storage import RestoredProject
from custom_components.signalwire.project.updates import Actor, RecordingUpdate
from tests.helpers import make_recording

PAUSED, RECORDING = RecordingStatus.PAUSED, RecordingStatus.IN_PROGRESS
COMPLETED, STOPPED = RecordingStatus.COMPLETED, RecordingStatus.STOPPED
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAUSE = RecordingUpdate(status=PAUSED)
RESUME = RecordingUpdate(status=RECORDING)
HOLD_PAUSE = RecordingUpdate(status=PAUSED, actor=Actor.CALL_RECORDING)


@pytest.fixture
def state() -> ProjectState:
    """Return the state of a project that was read in full and has one recording, `a`."""
    state = ProjectState(Slots(3))
    refresh(state, 0, a=RECORDING)
    state.take_changes()
    return state


def recording(sid: str, status: RecordingStatus, updated: float | None = None) -> Recording:
    """Return a recording; `updated` is the second after noon of its last change."""
    return make_recording(
        sid,
        status,
        date_updated=None if updated is None else NOON + timedelta(seconds=updated),
    )


def refresh(
    state: ProjectState,
    at: float,
    *,
    full: bool = True,
    missing: Iterable[str] = (),
    missed: Iterable[str] = (),
    unreadable: int = 0,
    **statuses: RecordingStatus,
) -> None:
    """Apply a refresh that took half a second."""
    interval = Interval(at, at + 0.5)
    state.begin_refresh()
    result = RefreshResult(
        began=at,
        ended=at + 0.5,
        is_full=full,
        batches=[Batch([recording(sid, status) for sid, status in statuses.items()], interval)],
        not_found=dict.fromkeys(missing, interval),
        missed=set(missed),
        unreadable=unreadable,
    )
    for batch in result.alone_first():
        state.apply_batch(batch)
    state.apply_refresh(result)
    state.end_refresh()


def read(
    state: ProjectState,
    status: RecordingStatus,
    sent: float,
    answered: float,
    updated: float | None = None,
    *,
    is_listed: bool = False,
) -> RecordingStatus | None:
    """Apply a reading of `a`; return the status that is known then, None if it is gone."""
    interval = Interval(sent, answered)
    state.apply_reading(recording("a", status, updated), interval, is_listed=is_listed)
    known = state.recordings.get("a")
    return known.recording.status if known and known.recording else None


def is_uncertain(state: ProjectState) -> bool:
    """Return whether the status of `a` may be another by now."""
    return state.recordings["a"].is_uncertain


def send(state: ProjectState, update: RecordingUpdate, at: float, answered: float) -> None:
    """Send an update of `a` that the service confirms."""
    state.begin_update("a", update)
    state.end_update("a")
    state.apply_reading(recording("a", update.status), Interval(at, answered))


# Which observation counts.


def test_a_reading_that_was_sent_after_another_was_answered_is_newer(state: ProjectState) -> None:
    assert read(state, PAUSED, 1, 2) is PAUSED
    assert not is_uncertain(state)


def test_a_reading_that_was_answered_before_another_was_sent_is_ignored(
    state: ProjectState,
) -> None:
    read(state, PAUSED, 5, 6)
    assert read(state, RECORDING, 3, 4) is PAUSED
    assert not is_uncertain(state)


@pytest.mark.parametrize("sent", [1, 4.5])
def test_readings_that_overlap_and_disagree_settle_nothing(
    state: ProjectState, sent: float
) -> None:
    read(state, PAUSED, 4, 5)
    assert read(state, RECORDING, sent, 6) is PAUSED
    assert is_uncertain(state)
    assert state.needs_refresh


def test_a_later_reading_settles_what_was_uncertain(state: ProjectState) -> None:
    read(state, PAUSED, 4, 5)
    read(state, RECORDING, 4.5, 6)
    # Sent before the doubt arose.
    read(state, PAUSED, 5.5, 7)
    assert is_uncertain(state)
    assert read(state, RECORDING, 7, 8) is RECORDING
    assert not is_uncertain(state)


def test_readings_that_overlap_and_agree_are_no_reason_for_doubt(state: ProjectState) -> None:
    read(state, PAUSED, 4, 5)
    read(state, PAUSED, 1, 6)
    assert not is_uncertain(state)
    read(state, RecordingStatus.RESUMED, 10, 11)
    read(state, RECORDING, 10.5, 12)
    assert not is_uncertain(state)


def test_the_services_own_date_settles_which_of_two_that_overlap_is_newer(
    state: ProjectState,
) -> None:
    read(state, PAUSED, 4, 5, updated=4)
    assert read(state, RECORDING, 1, 6, updated=0) is PAUSED
    assert not is_uncertain(state)
    assert read(state, RECORDING, 4.5, 7, updated=6) is RECORDING
    assert not is_uncertain(state)


def test_a_list_that_lags_is_ignored_for_a_minute_and_then_counts(state: ProjectState) -> None:
    read(state, PAUSED, 4, 5, updated=4)
    assert read(state, RECORDING, 13, 14, updated=0) is PAUSED
    assert not is_uncertain(state)
    late = 5 + STALE_FOR
    assert read(state, RECORDING, late, late + 1, updated=0) is RECORDING


def test_a_list_that_differs_but_has_changed_in_the_same_second_settles_nothing(
    state: ProjectState,
) -> None:
    read(state, PAUSED, 4, 5, updated=4)
    assert read(state, RECORDING, 13, 14, updated=4, is_listed=True) is PAUSED
    assert is_uncertain(state)
    assert read(state, RECORDING, 14, 15, updated=4) is RECORDING
    assert not is_uncertain(state)


def test_a_list_that_differs_with_the_same_second_counts_after_a_minute(
    state: ProjectState,
) -> None:
    read(state, PAUSED, 4, 5, updated=4)
    late = 5 + STALE_FOR
    assert read(state, RECORDING, late, late + 1, updated=4, is_listed=True) is RECORDING


def test_a_list_that_lags_more_and_more_never_becomes_the_newest(state: ProjectState) -> None:
    read(state, PAUSED, 4, 5, updated=4)
    # An earlier pause, and then what was before that.
    assert read(state, PAUSED, 13, 14, updated=1) is PAUSED
    assert read(state, RECORDING, 15, 16, updated=3) is PAUSED
    assert not is_uncertain(state)


def test_an_end_is_final_whenever_it_was_read(state: ProjectState) -> None:
    read(state, PAUSED, 10, 11)
    assert read(state, COMPLETED, 1, 12) is None
    for sent in (2, 20):
        assert read(state, RECORDING, sent, sent + 1) is None
    assert state.ended("a") is not None


def test_an_end_is_final_also_of_a_recording_that_was_not_known(state: ProjectState) -> None:
    state.apply_reading(recording("b", COMPLETED), Interval(3, 4), is_listed=True)
    # An earlier page of a refresh that took longer.
    state.apply_reading(recording("b", RECORDING), Interval(1, 2), is_listed=True)
    assert "b" not in state.recordings


def test_one_answer_that_there_is_no_such_recording_proves_nothing(state: ProjectState) -> None:
    state.apply_not_found("a", Interval(1, 2))
    assert is_uncertain(state)
    assert state.needs_refresh
    assert read(state, PAUSED, 3, 4) is PAUSED
    assert not is_uncertain(state)
    # The one of before does not count any more.
    state.apply_not_found("a", Interval(5, 6))
    assert "a" in state.recordings


def test_a_second_read_has_to_agree_that_a_recording_is_gone(state: ProjectState) -> None:
    state.apply_not_found("a", Interval(1, 3))
    # Sent before the first was answered, so it tells nothing new.
    state.apply_not_found("a", Interval(2, 4))
    assert "a" in state.recordings
    state.apply_not_found("a", Interval(5, 6))
    assert "a" not in state.recordings
    (change,) = state.take_changes()
    assert (change.sid, change.after, change.slot) == ("a", None, 1)
    # An old list does not bring it back; a new one does.
    assert read(state, RECORDING, 4, 7) is None
    assert read(state, RECORDING, 8, 9) is RECORDING


def test_that_a_recording_was_missing_before_it_was_read_tells_nothing(
    state: ProjectState,
) -> None:
    read(state, RECORDING, 5, 6)
    state.apply_not_found("a", Interval(3, 4))
    assert not is_uncertain(state)


def test_what_could_not_be_read_may_be_anything(state: ProjectState) -> None:
    read(state, PAUSED, 1, 2)
    refresh(state, 3, missed="a")
    assert is_uncertain(state)
    refresh(state, 5, a=PAUSED)
    assert not is_uncertain(state)


def test_what_was_over_before_it_was_known_is_no_news(state: ProjectState) -> None:
    refresh(state, 1, a=RECORDING, b=COMPLETED)
    assert state.take_changes() == []


def test_an_update_without_an_answer_leaves_the_status_uncertain_until_a_later_reading(
    state: ProjectState,
) -> None:
    state.begin_update("a", RESUME)
    read(state, PAUSED, 1, 2)
    state.mark_unanswered("a", 5)
    assert is_uncertain(state)
    read(state, PAUSED, 4, 6)
    assert is_uncertain(state)
    read(state, PAUSED, 7, 8)
    assert not is_uncertain(state)


def test_the_status_is_uncertain_while_an_update_asks_for_another(state: ProjectState) -> None:
    state.begin_update("a", PAUSE)
    assert is_uncertain(state)
    state.begin_update("a", RESUME)
    assert not is_uncertain(state)


# What has changed, and by whom.


def test_a_change_names_the_update_that_asked_for_it(state: ProjectState) -> None:
    send(state, PAUSE, 1, 2)
    (change,) = state.take_changes()
    assert (change.update, change.slot) == (PAUSE, 1)
    read(state, RECORDING, 3, 4)
    (change,) = state.take_changes()
    assert change.update is None


def test_a_change_after_a_lost_answer_is_still_whose_who_asked(state: ProjectState) -> None:
    state.begin_update("a", PAUSE)
    state.mark_unanswered("a", 2)
    read(state, PAUSED, 3, 4)
    (change,) = state.take_changes()
    assert change.update is PAUSE


# What is desired.


def hold(state: ProjectState, at: float, **options: object) -> None:
    """Hold all recordings, and mark what the hold pauses."""
    state.begin_hold(Hold(begun=at, **options))  # type: ignore[arg-type]  # as a test passes them
    state.mark_paused_by_hold()


def held_by(state: ProjectState, *lines: str) -> Hold:
    """Return what holds recordings on these lines; something does."""
    hold = state.holds.on(frozenset(lines))
    assert hold is not None
    return hold


def is_confirmed(state: ProjectState, now: float, scope: str | None = None) -> bool:
    """Return whether a scope's hold is shown as confirmed."""
    return state.hold_snapshots(now)[scope].confirmed


def unconfirmed(state: ProjectState, scope: str | None = None) -> int:
    """Return how many recordings of a scope are shown as not confirmed."""
    return state.hold_snapshots(0)[scope].unconfirmed


def unresumed(state: ProjectState) -> int:
    """Return how many recordings are still to be resumed."""
    return len(list(state.unresumed_sids()))


def test_while_held_everything_that_is_not_known_to_be_paused_is_to_be(
    state: ProjectState,
) -> None:
    hold(state, 1)
    assert state.desired_statuses() == {"a": PAUSED}
    send(state, HOLD_PAUSE, 2, 3)
    assert state.desired_statuses() == {}
    state.mark_uncertain("a", 4)
    assert state.desired_statuses() == {"a": PAUSED}


def test_once_released_only_what_the_hold_paused_is_to_be_resumed(state: ProjectState) -> None:
    refresh(state, 1, a=RECORDING, b=PAUSED)
    hold(state, 2)
    send(state, HOLD_PAUSE, 3, 4)
    state.end_hold()
    assert state.desired_statuses() == {"a": RECORDING}
    assert unresumed(state) == 1
    send(state, RESUME, 6, 7)
    assert state.desired_statuses() == {}
    assert unresumed(state) == 0


def test_what_something_else_paused_before_the_hold_could_is_not_resumed(
    state: ProjectState,
) -> None:
    hold(state, 1)
    read(state, PAUSED, 2, 3)
    state.end_hold()
    assert state.desired_statuses() == {}


def test_a_pause_of_the_hold_that_may_still_be_carried_out_is_still_to_be_resumed(
    state: ProjectState,
) -> None:
    hold(state, 1)
    state.begin_update("a", HOLD_PAUSE)
    state.end_hold()
    state.mark_unanswered("a", 5)
    read(state, RECORDING, 6, 7)
    assert unresumed(state) == 1
    read(state, PAUSED, 8, 9)
    assert state.desired_statuses() == {"a": RECORDING}


def test_a_pause_of_the_hold_that_never_happened_is_forgotten(state: ProjectState) -> None:
    hold(state, 1)
    state.begin_update("a", HOLD_PAUSE)
    state.end_hold()
    state.mark_unanswered("a", 5)
    read(state, RECORDING, 5 + SETTLES_AFTER, 20)
    assert unresumed(state) == 0
    read(state, PAUSED, 21, 22)
    assert state.desired_statuses() == {}


def test_a_persons_pause_stays_theirs_though_the_hold_has_to_repeat_it(
    state: ProjectState,
) -> None:
    state.record_user_request("a", PAUSED)
    send(state, PAUSE, 1, 2)
    state.end_user_request("a")
    hold(state, 3)
    state.mark_uncertain("a", 4)
    assert state.desired_statuses() == {"a": PAUSED}
    send(state, HOLD_PAUSE, 5, 6)
    state.end_hold()
    assert state.desired_statuses() == {}


def test_a_persons_pause_whose_answer_was_lost_stays_theirs(state: ProjectState) -> None:
    state.record_user_request("a", PAUSED)
    state.begin_update("a", PAUSE)
    state.mark_unanswered("a", 2)
    state.end_user_request("a")
    hold(state, 3)
    send(state, HOLD_PAUSE, 4, 5)
    state.end_hold()
    assert state.desired_statuses() == {}
    assert state.recordings["a"].paused_by is PausedBy.PERSON


def test_a_persons_pause_that_a_later_reading_refutes_is_nobodys(state: ProjectState) -> None:
    state.record_user_request("a", PAUSED)
    state.begin_update("a", PAUSE)
    state.mark_unanswered("a", 2)
    state.end_user_request("a")
    read(state, RECORDING, 3, 4)
    # It may still be carried out.
    assert state.recordings["a"].paused_by is PausedBy.PERSON
    read(state, RECORDING, 2 + SETTLES_AFTER, 20)
    assert state.recordings["a"].paused_by is None


def test_a_persons_pause_that_is_refuted_while_the_hold_pauses_is_the_holds(
    state: ProjectState,
) -> None:
    state.record_user_request("a", PAUSED)
    state.end_user_request("a")
    state.begin_update("a", PAUSE)
    state.mark_unanswered("a", 1)
    late = 1 + SETTLES_AFTER
    state.begin_hold(Hold(begun=late))
    state.begin_update("a", HOLD_PAUSE)
    state.mark_unanswered("a", late + 1)
    state.begin_update("a", HOLD_PAUSE)
    # It has never happened, and what may still come is the hold's.
    read(state, RECORDING, late + 2, late + 3)
    state.end_update("a")
    read(state, PAUSED, late + 4, late + 5)
    state.end_hold()
    assert state.desired_statuses() == {"a": RECORDING}


def test_what_something_else_paused_stays_theirs_though_the_hold_has_to_repeat_it(
    state: ProjectState,
) -> None:
    refresh(state, 1, a=PAUSED)
    hold(state, 2)
    refresh(state, 3, missed=["a"])
    assert state.desired_statuses() == {"a": PAUSED}
    send(state, HOLD_PAUSE, 4, 5)
    read(state, PAUSED, 6, 7)
    state.end_hold()
    assert state.desired_statuses() == {}


def test_what_the_hold_has_to_pause_again_after_a_resume_outside_is_the_holds(
    state: ProjectState,
) -> None:
    refresh(state, 1, a=PAUSED)
    hold(state, 2)
    refresh(state, 3, missed=["a"])
    send(state, HOLD_PAUSE, 4, 5)
    read(state, RECORDING, 6, 7)
    send(state, HOLD_PAUSE, 8, 9)
    read(state, PAUSED, 10, 11)
    state.end_hold()
    assert state.desired_statuses() == {"a": RECORDING}


def test_a_pause_of_the_hold_is_the_holds_though_it_was_not_marked_before(
    state: ProjectState,
) -> None:
    hold(state, 1)
    state.record_user_request("a", PAUSED)
    state.end_user_request("a")
    state.begin_update("a", PAUSE)
    state.end_update("a", RECORDING)
    read(state, RECORDING, 2, 3)
    # The hold's goes out before the change is processed.
    state.begin_update("a", HOLD_PAUSE)
    state.mark_paused_by_hold()
    state.end_update("a", PAUSED)
    read(state, PAUSED, 4, 5)
    state.end_hold()
    assert state.desired_statuses() == {"a": RECORDING}


def test_what_something_outside_pauses_after_the_resume_is_not_the_holds(
    state: ProjectState,
) -> None:
    hold(state, 1)
    send(state, HOLD_PAUSE, 2, 3)
    state.end_hold()
    state.begin_update("a", RESUME)
    # A poll is faster than the answer.
    read(state, RECORDING, 11, 11.5)
    state.end_update("a", RECORDING)
    read(state, RECORDING, 10, 12)
    read(state, PAUSED, 16, 17)
    assert state.desired_statuses() == {}


def test_a_pause_of_the_hold_that_is_carried_out_after_the_resume_is_the_holds(
    state: ProjectState,
) -> None:
    hold(state, 1)
    state.begin_update("a", HOLD_PAUSE)
    # The release cuts it off.
    state.end_hold()
    state.mark_unanswered("a", 2)
    state.begin_update("a", RESUME)
    state.end_update("a", RECORDING, 3)
    read(state, RECORDING, 2.5, 3)
    assert state.desired_statuses() == {}
    read(state, PAUSED, 4, 5)
    assert state.desired_statuses() == {"a": RECORDING}
    # Later it can only be another's.
    read(state, RECORDING, 6, 7)
    read(state, RECORDING, 2 + SETTLES_AFTER, 13)
    read(state, PAUSED, 14, 15)
    assert state.desired_statuses() == {}


def test_a_persons_pause_that_is_carried_out_after_their_resume_is_undone(
    state: ProjectState,
) -> None:
    state.record_user_request("a", PAUSED)
    state.begin_update("a", PAUSE)
    state.end_user_request("a")
    # The resume cuts it off.
    state.mark_unanswered("a", 2)
    state.record_user_request("a", RECORDING)
    state.begin_update("a", RESUME)
    state.end_user_request("a")
    state.end_update("a", RECORDING, 3)
    read(state, RECORDING, 2.5, 3)
    read(state, PAUSED, 4, 5)
    assert state.desired_statuses() == {"a": RECORDING}


def test_a_persons_pause_that_something_outside_resumed_is_nobodys(state: ProjectState) -> None:
    state.record_user_request("a", PAUSED)
    send(state, PAUSE, 1, 2)
    state.end_user_request("a")
    read(state, RECORDING, 3, 4)
    hold(state, 5)
    send(state, HOLD_PAUSE, 6, 7)
    state.end_hold()
    assert state.desired_statuses() == {"a": RECORDING}


def test_a_person_takes_over_what_the_hold_paused(state: ProjectState) -> None:
    hold(state, 1)
    send(state, HOLD_PAUSE, 2, 3)
    assert state.record_user_request("a", PAUSED) is PausedBy.HOLD
    send(state, PAUSE, 4, 5)
    state.end_user_request("a")
    state.end_hold()
    assert state.desired_statuses() == {}


def test_a_person_who_resumes_gives_back_what_they_paused(state: ProjectState) -> None:
    state.record_user_request("a", PAUSED)
    send(state, PAUSE, 1, 2)
    state.end_user_request("a")
    state.record_user_request("a", RECORDING)
    assert state.recordings["a"].paused_by is None


def test_a_pause_that_was_never_sent_leaves_the_owner_as_it_was(state: ProjectState) -> None:
    hold(state, 1)
    before = state.record_user_request("a", PAUSED)
    state.revert_user_pause("a", before)
    assert state.recordings["a"].paused_by is PausedBy.HOLD


def test_a_resume_that_was_cut_off_for_a_pause_cannot_undo_it(state: ProjectState) -> None:
    state.begin_update("a", RESUME)
    state.mark_unanswered("a", 1)
    state.record_user_request("a", PAUSED)
    send(state, PAUSE, 2, 3)
    state.end_user_request("a")
    # Only now it was carried out.
    read(state, RECORDING, 4, 5)
    assert state.desired_statuses() == {"a": PAUSED}
    assert state.recordings["a"].paused_by is PausedBy.PERSON
    read(state, PAUSED, 6, 7)
    assert state.desired_statuses() == {}
    # Much later, it was something else that resumed it.
    read(state, RECORDING, 1 + SETTLES_AFTER, 20)
    assert state.desired_statuses() == {}
    assert state.recordings["a"].paused_by is None


def test_a_pause_that_was_undone_is_asked_for_until_it_is_confirmed(state: ProjectState) -> None:
    state.begin_update("a", RESUME)
    state.mark_unanswered("a", 1)
    state.record_user_request("a", PAUSED)
    send(state, PAUSE, 2, 3)
    state.end_user_request("a")
    read(state, RECORDING, 4, 5)
    state.begin_update("a", PAUSE)
    state.mark_unanswered("a", 20)
    read(state, RECORDING, 40, 41)
    assert state.desired_statuses() == {"a": PAUSED}


def test_a_pause_that_is_refused_is_not_asked_for_again_after_a_release(
    state: ProjectState,
) -> None:
    state.begin_update("a", RESUME)
    state.mark_unanswered("a", 1)
    state.record_user_request("a", PAUSED)
    state.begin_update("a", PAUSE)
    state.end_user_request("a")
    state.mark_refused("a")
    state.end_update("a")
    read(state, RECORDING, 2, 3)
    assert state.desired_statuses() == {}


@pytest.mark.parametrize(
    ("first", "second", "until"),
    [(None, 5, None), (5, None, None), (5, 9, 9), (9, 5, 9)],
)
def test_what_is_held_again_is_held_for_the_longer_time(
    state: ProjectState, first: int | None, second: int | None, until: int | None
) -> None:
    for minutes in (first, second):
        hold(state, 1, until=NOON + timedelta(minutes=minutes) if minutes else None)
    assert held_by(state).until == (NOON + timedelta(minutes=until) if until else None)


def test_what_is_held_again_is_paused_as_before_unless_said_otherwise(
    state: ProjectState,
) -> None:
    behaviors: list[PauseBehavior | None] = []
    for behavior in (PauseBehavior.SKIP, None, PauseBehavior.SILENCE):
        hold(state, 1, pause_behavior=behavior)
        behaviors.append(held_by(state).pause_behavior)
    assert behaviors == [PauseBehavior.SKIP, PauseBehavior.SKIP, PauseBehavior.SILENCE]


def test_what_one_hold_lets_go_of_stays_paused_for_another(state: ProjectState) -> None:
    hold(state, 1, name="front desk")
    send(state, HOLD_PAUSE, 2, 3)
    hold(state, 4, name="terminal")
    for name in ("front desk", "somebody else"):
        state.end_hold(name=name)
        assert state.holds
        assert state.desired_statuses() == {}
    assert [hold.name for hold in state.holds] == ["terminal"]
    state.end_hold(name="terminal")
    assert not state.holds
    assert state.desired_statuses() == {"a": RECORDING}


def test_what_is_held_on_by_another_stays_confirmed(state: ProjectState) -> None:
    hold(state, 1, name="front desk")
    send(state, HOLD_PAUSE, 2, 3)
    refresh(state, 4, a=PAUSED)
    hold(state, 5, name="terminal")
    state.end_hold(name="front desk")
    assert is_confirmed(state, 6)


def test_each_hold_ends_at_its_own_time(state: ProjectState) -> None:
    for minutes, name in ((5, "front desk"), (9, "terminal"), (None, "switch")):
        hold(state, 1, name=name, until=NOON + timedelta(minutes=minutes) if minutes else None)
    assert not state.end_holds_before(NOON)
    assert held_by(state).until is None
    assert state.end_holds_before(NOON + timedelta(minutes=5))
    assert [hold.name for hold in state.holds] == ["terminal", "switch"]
    state.end_hold(name="switch")
    assert held_by(state).until == NOON + timedelta(minutes=9)
    assert state.end_holds_before(NOON + timedelta(hours=1))
    assert not state.holds


def test_of_several_holds_the_newest_says_what_a_pause_leaves(state: ProjectState) -> None:
    hold(state, 1, name="front desk", pause_behavior=PauseBehavior.SKIP)
    hold(state, 2, name="terminal", pause_behavior=PauseBehavior.SILENCE)
    hold(state, 3, name="switch")
    behaviors: list[PauseBehavior | None] = []
    for name in ("somebody else", "terminal", "front desk"):
        state.end_hold(name=name)
        behaviors.append(held_by(state).pause_behavior)
    assert behaviors == [PauseBehavior.SILENCE, PauseBehavior.SKIP, None]


# Lines.


@pytest.fixture
def office() -> ProjectState:
    """Return a state with the lines `desk` and `room`: `a` is at the desk, of `b` nobody knows."""
    state = ProjectState(Slots(3), lines=("desk", "room"))
    refresh(state, 0, a=RECORDING, b=RECORDING)
    state.assign_lines("a", frozenset({"desk"}))
    return state


def test_a_recording_of_an_unknown_line_is_held_with_every_line(office: ProjectState) -> None:
    hold(office, 1, line="room")
    assert office.desired_statuses() == {"b": PAUSED}
    hold(office, 2, line="desk")
    assert office.desired_statuses() == {"a": PAUSED, "b": PAUSED}
    assert office.unassigned == {"b"}


def test_what_was_held_for_an_unknown_line_is_resumed_once_it_is_known(
    office: ProjectState,
) -> None:
    hold(office, 1, line="room")
    office.begin_update("b", HOLD_PAUSE)
    refresh(office, 2, a=RECORDING, b=PAUSED)
    office.end_update("b", PAUSED)
    assert office.desired_statuses() == {}
    office.assign_lines("b", frozenset({"desk"}))
    assert office.desired_statuses() == {"b": RECORDING}
    assert list(office.unresumed_sids()) == ["b"]


def test_a_persons_pause_of_an_unknown_line_is_not_resumed(office: ProjectState) -> None:
    office.record_user_request("b", PAUSED)
    hold(office, 1, line="room")
    refresh(office, 2, a=RECORDING, b=PAUSED)
    office.assign_lines("b", frozenset({"desk"}))
    assert office.desired_statuses() == {}


def test_a_call_on_two_lines_is_held_by_either(office: ProjectState) -> None:
    office.assign_lines("b", frozenset({"desk", "room"}))
    for line in ("desk", "room"):
        office.begin_hold(Hold(begun=1, line=line))
    for line in ("desk", "room"):
        assert "b" in office.desired_statuses()
        office.end_hold(line)
    assert "b" not in office.desired_statuses()


def test_a_line_is_confirmed_by_its_own_recordings_and_those_of_unknown_lines(
    office: ProjectState,
) -> None:
    hold(office, 1, line="desk")
    refresh(office, 2, a=PAUSED, b=RECORDING)
    assert (is_confirmed(office, 3, "desk"), unconfirmed(office, "desk")) == (False, 1)
    office.assign_lines("b", frozenset({"room"}))
    assert (is_confirmed(office, 3, "desk"), unconfirmed(office, "desk")) == (True, 0)
    assert not office.hold_snapshots(3)["room"].held
    assert not office.hold_snapshots(3)[None].held
    refresh(office, 4, a=PAUSED, b=RECORDING, unreadable=1)
    assert (is_confirmed(office, 5, "desk"), unconfirmed(office, "desk")) == (False, 1)


def test_a_line_that_the_project_holds_is_read_in_full_since_the_projects_hold(
    office: ProjectState,
) -> None:
    hold(office, 1)
    refresh(office, 2, a=PAUSED, b=PAUSED)
    office.begin_hold(Hold(begun=3, line="desk"))
    # Nothing began to be recorded on it since: it was held all the time.
    assert is_confirmed(office, 4, "desk")
    office.end_hold()
    assert not is_confirmed(office, 4, "desk")
    assert office.needs_full_refresh(4)


def test_lines_and_their_holds_are_stored_with_their_ids(office: ProjectState) -> None:
    hold(office, 1, line="desk", name="terminal")
    stored = office.to_store()
    assert stored["holds"] == [{"name": "terminal", "line": "desk"}]
    # Version 0.1.0 knows no lines, and holds everything.
    assert "hold" in stored


def test_a_recording_that_has_ended_is_on_no_line_any_more(office: ProjectState) -> None:
    refresh(office, 1, a=RECORDING, b=COMPLETED)
    assert office.unassigned == set()
    office.assign_lines("b", frozenset({"desk"}))
    assert "b" not in office.recordings


def test_a_recording_follows_the_projects_pause_behavior_until_one_is_chosen_for_it(
    state: ProjectState,
) -> None:
    state.choose_pause_behavior(PauseBehavior.SKIP)
    assert state.pause_behavior_of("a") is PauseBehavior.SKIP
    state.choose_pause_behavior(PauseBehavior.SILENCE, "a")
    assert state.pause_behavior_of("a") is PauseBehavior.SILENCE
    refresh(state, 1, a=COMPLETED)
    assert state.pause_behavior_of("a") is PauseBehavior.SKIP


# What is confirmed.


@pytest.fixture
def paused(state: ProjectState) -> ProjectState:
    """Return the state of a project whose hold is confirmed, as of second 5."""
    hold(state, 1)
    send(state, HOLD_PAUSE, 2, 3)
    refresh(state, 4, a=PAUSED)
    assert is_confirmed(state, 5)
    return state


def test_a_hold_is_confirmed_by_a_full_refresh_that_began_after_it(state: ProjectState) -> None:
    hold(state, 1)
    send(state, HOLD_PAUSE, 2, 3)
    assert not is_confirmed(state, 4)
    refresh(state, 4, full=False, a=PAUSED)
    assert not is_confirmed(state, 5)
    assert state.needs_full_refresh(5)
    refresh(state, 5, a=PAUSED)
    assert is_confirmed(state, 6)


def test_a_refresh_that_began_before_the_hold_confirms_nothing(state: ProjectState) -> None:
    send(state, PAUSE, 1, 2)
    state.begin_hold(Hold(begun=4))
    refresh(state, 3.9, a=PAUSED)
    assert not is_confirmed(state, 5)


def test_a_hold_is_not_confirmed_by_a_refresh_that_is_too_old(paused: ProjectState) -> None:
    assert is_confirmed(paused, 4 + MAX_REFRESH_AGE)
    assert not is_confirmed(paused, 4.1 + MAX_REFRESH_AGE)


def test_a_hold_is_not_confirmed_while_the_service_cannot_be_read(paused: ProjectState) -> None:
    paused.apply_failed_refresh()
    assert not is_confirmed(paused, 5)


def test_a_hold_is_not_confirmed_while_anything_is_not_known_to_be_paused(
    paused: ProjectState,
) -> None:
    paused.mark_uncertain("a", 5)
    assert not is_confirmed(paused, 5)
    refresh(paused, 6, a=PAUSED, b=RECORDING)
    assert (is_confirmed(paused, 7), unconfirmed(paused)) == (False, 1)
    refresh(paused, 8, a=PAUSED, b=PAUSED, unreadable=2)
    assert (is_confirmed(paused, 9), unconfirmed(paused), paused.unread) == (False, 2, 2)
    refresh(paused, 10, a=PAUSED, b=PAUSED)
    assert is_confirmed(paused, 11)


def test_everything_is_looked_for_again_every_few_minutes(state: ProjectState) -> None:
    assert not state.needs_full_refresh(FULL_REFRESH_EVERY - 1)
    assert state.needs_full_refresh(FULL_REFRESH_EVERY)


# Slots, and what is stored.


def test_what_is_stored_is_what_comes_back(state: ProjectState) -> None:
    refresh(state, 1, a=RECORDING, b=RECORDING, c=RECORDING)
    state.choose_pause_behavior(PauseBehavior.SKIP)
    state.choose_pause_behavior(PauseBehavior.SILENCE, "b")
    state.record_user_request("c", PAUSED)
    hold(state, 2, until=NOON, pause_behavior=PauseBehavior.SKIP)
    assert state.to_store() == {
        "recordings": {
            "a": {"slot": 1, "paused_by": "hold"},
            "b": {"slot": 2, "pause_behavior": "silence", "paused_by": "hold"},
            "c": {"slot": 3, "paused_by": "person"},
        },
        "pause_behavior": "skip",
        "hold": {"name": "switch", "until": NOON.isoformat(), "pause_behavior": "skip"},
        "holds": [{"name": "switch", "until": NOON.isoformat(), "pause_behavior": "skip"}],
    }


def test_what_was_stored_is_uncertain_until_it_is_read() -> None:
    state = ProjectState(Slots(3))
    kept = RestoredProject(sids=("a",), paused_by={"a": PausedBy.HOLD})
    state.restore(kept, [Hold(begun=0)])
    assert (state.unread, unconfirmed(state)) == (1, 1)
    refresh(state, 1, a=PAUSED)
    assert is_confirmed(state, 2)
    state.end_hold()
    assert state.desired_statuses() == {"a": RECORDING}


def test_what_was_chosen_for_pauses_is_restored() -> None:
    state = ProjectState(Slots(3))
    kept = RestoredProject(
        sids=("a",),
        pause_behavior=PauseBehavior.SKIP,
        pause_behaviors={"a": PauseBehavior.SILENCE},
    )
    state.restore(kept, [])
    assert state.pause_behavior_of("a") is PauseBehavior.SILENCE
    assert state.pause_behavior_of("b") is PauseBehavior.SKIP


def test_what_ended_by_itself_is_not_the_work_of_a_pause_that_was_sent(
    state: ProjectState,
) -> None:
    state.begin_update("a", PAUSE)
    read(state, COMPLETED, 3, 4)
    (change,) = state.take_changes()
    assert change.update is None


def test_only_what_is_stored_makes_a_state_dirty(state: ProjectState) -> None:
    state.is_dirty = False
    refresh(state, 1, a=PAUSED)
    assert not state.is_dirty
    refresh(state, 2, a=PAUSED, b=PAUSED)
    assert state.is_dirty


def test_a_recording_that_ended_frees_its_slot_for_the_refresh_after_the_next(
    state: ProjectState,
) -> None:
    refresh(state, 1, a=COMPLETED, b=RECORDING)
    assert state.slots.occupants == {1: None, 2: "b"}
    refresh(state, 2, b=RECORDING, c=RECORDING)
    assert state.slots.number_of("c") == 3
    refresh(state, 3, b=RECORDING, c=RECORDING, d=RECORDING)
    assert state.slots.number_of("d") == 1


def test_a_change_of_what_has_ended_tells_its_last_slot(state: ProjectState) -> None:
    refresh(state, 1, a=STOPPED)
    (change,) = state.take_changes()
    assert change == replace(change, slot=1, after=recording("a", STOPPED))


def test_of_two_stored_holds_of_one_name_the_longer_counts() -> None:
    state = ProjectState(Slots(3))
    ends = (None, NOON)
    state.restore(RestoredProject(), [Hold(begun=0, until=until) for until in ends])
    assert held_by(state).until is None

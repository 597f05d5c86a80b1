from datetime import UTC, datetime

import pytest

from custom_components.signalwire.api import PauseBehavior, Recording, RecordingStatus
from custom_components.signalwire.project.hold import HoldSnapshot, PausedBy, RecordingHold

PAUSED, RECORDING = RecordingStatus.PAUSED, RecordingStatus.IN_PROGRESS


def _recording(status: RecordingStatus) -> Recording:
    return Recording(sid="a", status=status)


@pytest.fixture
def hold() -> RecordingHold:
    hold = RecordingHold()
    hold.begin(None)
    return hold


@pytest.mark.parametrize(
    "status", [RECORDING, RecordingStatus.RESUMED, RecordingStatus.QUEUED, RecordingStatus.UNKNOWN]
)
def test_while_held_everything_that_is_not_paused_is_to_be(
    hold: RecordingHold, status: RecordingStatus
) -> None:
    assert hold.desired_statuses([_recording(status)]) == {"a": PAUSED}
    assert hold.desired_statuses([_recording(PAUSED)]) == {}


def test_while_held_what_may_have_been_resumed_unseen_is_to_be_paused_again(
    hold: RecordingHold,
) -> None:
    assert hold.desired_statuses([_recording(PAUSED)], lambda sid: sid == "a") == {"a": PAUSED}


def test_once_released_a_pause_that_may_still_come_is_not_settled(hold: RecordingHold) -> None:
    hold.mark_paused_by_hold("a")
    hold.end()
    assert hold.desired_statuses([_recording(RECORDING)], lambda sid: sid == "a") == {}
    assert hold.desired_statuses([_recording(PAUSED)]) == {"a": RECORDING}


def test_once_released_only_what_the_hold_paused_is_to_be_resumed(hold: RecordingHold) -> None:
    hold.mark_paused_by_hold("a")
    hold.end()
    assert hold.desired_statuses([_recording(PAUSED), Recording(sid="b", status=PAUSED)]) == {
        "a": RECORDING
    }


def test_what_something_else_resumed_meanwhile_is_settled(hold: RecordingHold) -> None:
    hold.mark_paused_by_hold("a")
    hold.end()
    assert hold.desired_statuses([_recording(RECORDING)]) == {}
    assert hold.desired_statuses([_recording(PAUSED)]) == {}


def test_a_persons_pause_stays_theirs_though_the_hold_has_to_repeat_it(
    hold: RecordingHold,
) -> None:
    hold.record_user_request("a", PAUSED)
    assert hold.desired_statuses([_recording(RECORDING)]) == {"a": PAUSED}
    hold.mark_paused_by_hold("a")
    assert hold.paused_by("a") is PausedBy.PERSON
    hold.end()
    assert hold.desired_statuses([_recording(PAUSED)]) == {}


def test_a_person_takes_over_what_the_hold_paused(hold: RecordingHold) -> None:
    hold.mark_paused_by_hold("a")
    hold.record_user_request("a", PAUSED)
    hold.end()
    assert hold.desired_statuses([_recording(PAUSED)]) == {}


def test_a_persons_pause_that_did_not_happen_is_nobodys(hold: RecordingHold) -> None:
    hold.record_user_request("a", PAUSED)
    hold.revert_user_pause("a", _recording(RECORDING))
    assert hold.paused_by("a") is None
    hold.record_user_request("a", PAUSED)
    hold.revert_user_pause("a", _recording(PAUSED))
    assert hold.paused_by("a") is PausedBy.PERSON


def test_what_the_hold_paused_stays_its_to_resume_though_a_persons_try_is_lost(
    hold: RecordingHold,
) -> None:
    hold.mark_paused_by_hold("a")
    hold.end()
    hold.record_user_request("a", RecordingStatus.STOPPED)
    hold.record_user_request("a", RECORDING)
    assert hold.desired_statuses([_recording(PAUSED)]) == {"a": RECORDING}
    assert hold.desired_statuses([_recording(RECORDING)]) == {}
    assert hold.paused_by("a") is None


def test_a_person_who_resumes_gives_back_what_they_paused(hold: RecordingHold) -> None:
    hold.record_user_request("a", PAUSED)
    hold.end()
    hold.record_user_request("a", RECORDING)
    assert hold.paused_by("a") is None


def test_what_has_ended_is_forgotten(hold: RecordingHold) -> None:
    hold.mark_paused_by_hold("a")
    hold.mark_paused_by_hold("b")
    hold.prune(["b"])
    assert hold.paused_by("a") is None
    assert hold.paused_by("b") is PausedBy.HOLD


_SOON, _LATE = datetime(2030, 1, 1, 12, tzinfo=UTC), datetime(2030, 1, 1, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "second", "then"),
    [
        (_SOON, _LATE, _LATE),
        (_LATE, _SOON, _LATE),
        (None, _SOON, None),
        (_SOON, None, None),
        (None, None, None),
    ],
)
def test_what_is_held_again_is_held_for_the_longer_time(
    first: datetime | None, second: datetime | None, then: datetime | None
) -> None:
    hold = RecordingHold()
    hold.begin(first)
    assert hold.until == first
    hold.begin(second)
    assert hold.until == then


def test_what_is_held_again_is_paused_as_before_unless_said_otherwise() -> None:
    hold = RecordingHold()
    hold.begin(None, PauseBehavior.SKIP)
    behaviors = []
    for said in (None, PauseBehavior.SILENCE, None):
        hold.begin(None, said)
        behaviors.append(hold.pause_behavior)
    assert behaviors == [PauseBehavior.SKIP, PauseBehavior.SILENCE, PauseBehavior.SILENCE]


def test_a_hold_that_ended_leaves_nothing_to_the_next() -> None:
    hold = RecordingHold()
    hold.begin(None, PauseBehavior.SKIP)
    hold.end()
    assert not hold.held
    hold.begin(_SOON)
    assert (hold.until, hold.pause_behavior) == (_SOON, None)


def test_a_hold_is_seen_by_a_refresh_that_begins_after_it() -> None:
    hold, seen = RecordingHold(), []
    hold.begin_refresh()
    hold.begin(None)
    seen.append(hold.is_observed)
    hold.end_refresh()
    seen.append(hold.is_observed)
    hold.begin_refresh()
    hold.end_refresh()
    seen.append(hold.is_observed)
    # What is held for longer is the same hold.
    hold.begin(None)
    seen.append(hold.is_observed)
    hold.end()
    hold.begin(None)
    seen.append(hold.is_observed)
    assert seen == [False, False, True, True, False]


def test_a_hold_is_confirmed_once_it_is_seen_and_nothing_is_left() -> None:
    hold = RecordingHold()
    hold.begin(None)
    assert not hold.status(0, is_observed=True).confirmed
    hold.begin_refresh()
    hold.end_refresh()
    assert hold.status(0, is_observed=True).confirmed
    assert not hold.status(1, is_observed=True).confirmed
    assert not hold.status(0, is_observed=False).confirmed
    hold.end()
    assert hold.status(1, is_observed=False) == HoldSnapshot()

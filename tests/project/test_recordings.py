import pytest

from custom_components.signalwire.api import Recording, RecordingStatus
from custom_components.signalwire.project.discovery import RefreshResult
from custom_components.signalwire.project.recordings import ActiveRecordings, Change

PAUSED = Recording(sid="a", status=RecordingStatus.PAUSED)
RECORDING = Recording(sid="a", status=RecordingStatus.IN_PROGRESS)
ENDED = Recording(sid="a", status=RecordingStatus.COMPLETED)


def _known(*sids: str) -> ActiveRecordings:
    recordings = ActiveRecordings()
    recordings.restore(sids)
    return recordings


def test_a_refresh_that_began_before_an_answer_came_does_not_touch_the_recording() -> None:
    recordings = _known("a")
    recordings.begin_refresh()
    recordings.apply_response(PAUSED)
    assert recordings.merge(RefreshResult(recordings={"a": RECORDING})) == []
    assert recordings.merge(RefreshResult(gone={"a"})) == []
    assert recordings.read == {"a": PAUSED}
    recordings.begin_refresh()
    assert recordings.merge(RefreshResult(recordings={"a": RECORDING})) == [
        Change(before=PAUSED, after=RECORDING)
    ]


def test_a_recording_that_an_answer_ended_does_not_come_back() -> None:
    recordings = _known("a")
    recordings.begin_refresh()
    assert recordings.apply_response(ENDED) == [Change(before=None, after=ENDED)]
    assert recordings.merge(RefreshResult(recordings={"a": RECORDING})) == []
    assert not recordings.known


def test_what_was_over_before_it_was_known_is_no_news() -> None:
    recordings = ActiveRecordings()
    assert recordings.merge(RefreshResult(recordings={"a": ENDED}, gone={"b"})) == []
    assert recordings.apply_not_found("b") == []


def test_an_update_without_answer_leaves_doubt_until_a_later_refresh() -> None:
    recordings = _known("a")
    recordings.begin_refresh()
    recordings.mark_unanswered("a")
    recordings.merge(RefreshResult(recordings={"a": RECORDING}))
    assert recordings.is_uncertain("a")
    recordings.begin_refresh()
    recordings.merge(RefreshResult(recordings={"a": RECORDING}))
    assert not recordings.is_uncertain("a")


def test_an_update_that_fails_during_a_refresh_is_not_cleared_up_by_it() -> None:
    recordings = _known("a")
    recordings.mark_unanswered("a")
    recordings.begin_refresh()
    recordings.mark_unanswered("a")
    recordings.merge(RefreshResult(recordings={"a": RECORDING}))
    assert recordings.is_uncertain("a")


def test_an_answer_or_the_end_clears_up_the_doubt() -> None:
    recordings = _known("a")
    for answer in (PAUSED, ENDED):
        recordings.mark_unanswered("a")
        recordings.apply_response(answer)
        assert not recordings.is_uncertain("a")


def test_a_recording_that_is_gone_is_named_by_what_it_was() -> None:
    recordings = _known("a")
    recordings.apply_response(RECORDING)
    (change,) = recordings.apply_not_found("a")
    assert change == Change(before=RECORDING, after=None)
    assert change.sid == "a"
    assert Change(before=None, after=None).sid == ""


@pytest.mark.parametrize("newer", ["answer", "absence", "silence", "refresh", "gone"])
def test_a_read_that_something_newer_has_overtaken_is_not_taken(newer: str) -> None:
    recordings = ActiveRecordings()
    recordings.apply_response(PAUSED)
    recordings.begin_read("a")
    match newer:
        case "answer":
            recordings.apply_response(PAUSED)
        case "absence":
            recordings.apply_not_found("a")
        case "silence":
            recordings.mark_unanswered("a")
        case "refresh":
            recordings.begin_refresh()
            recordings.merge(RefreshResult(recordings={"a": PAUSED}))
        case "gone":
            recordings.begin_refresh()
            recordings.merge(RefreshResult(gone={"a"}))
    before = dict(recordings.known)
    assert recordings.apply_read(RECORDING) is None
    assert recordings.known == before


def test_a_read_is_taken_once_and_not_undone_by_a_refresh_that_began_before() -> None:
    recordings = ActiveRecordings()
    recordings.begin_refresh()
    recordings.begin_read("a")
    assert recordings.apply_read(RECORDING)
    assert recordings.apply_read(PAUSED) is None
    recordings.merge(RefreshResult(gone={"a"}))
    assert recordings.read["a"] == RECORDING
    recordings.begin_read("a")
    recordings.end_read("a")
    assert recordings.apply_read(PAUSED) is None


def test_a_recording_that_an_answer_showed_to_be_gone_does_not_come_back() -> None:
    recordings = _known("a")
    recordings.begin_refresh()
    recordings.apply_not_found("a")
    assert recordings.merge(RefreshResult(recordings={"a": RECORDING})) == []
    assert not recordings.known


def test_a_known_recording_that_could_not_be_read_is_in_doubt_until_it_can() -> None:
    recordings = _known("a", "b")
    recordings.begin_refresh()
    recordings.merge(RefreshResult(recordings={"a": PAUSED}, unreadable=1))
    assert not recordings.is_uncertain("a")
    assert recordings.is_uncertain("b")
    assert set(recordings.known) == {"a", "b"}
    recordings.begin_refresh()
    recordings.merge(RefreshResult(recordings={"a": PAUSED}, gone={"b"}))
    assert not recordings.is_uncertain("b")


def test_what_is_gone_is_not_in_doubt_any_more() -> None:
    recordings = _known("a")
    recordings.mark_unanswered("a")
    recordings.apply_not_found("a")
    assert not recordings.is_uncertain("a")

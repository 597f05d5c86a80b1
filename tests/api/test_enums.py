"""The words of the API description, and what they mean for a recording."""

from enum import StrEnum

import pytest

from custom_components.signalwire.api import (
    CallStatus,
    ConferenceStatus,
    PauseBehavior,
    RecordingChannels,
    RecordingSource,
    RecordingStatus,
    RecordingTrack,
    RecordingTrim,
)

_RECORDING = "queued in-progress paused resumed stopped completed absent failed"
_ENDED = {"stopped", "completed", "absent", "failed", "processing", "deleted"}


@pytest.mark.parametrize(
    ("enum", "words"),
    [
        (RecordingStatus, f"{_RECORDING} processing deleted unknown"),
        (CallStatus, "queued ringing in-progress canceled completed busy failed no-answer unknown"),
        (ConferenceStatus, "init in-progress completed unknown"),
        (
            RecordingSource,
            "DialVerb Conference OutBoundApi Trunking RecordVerb StartCallRecordingApi"
            " StartConferenceRecording unknown",
        ),
        (PauseBehavior, "silence skip"),
        (RecordingChannels, "mono dual"),
        (RecordingTrack, "inbound outbound both"),
        (RecordingTrim, "trim-silence do-not-trim"),
    ],
)
def test_every_word_of_the_description_is_known(enum: type[StrEnum], words: str) -> None:
    assert [member.value for member in enum] == words.split()


@pytest.mark.parametrize(
    ("enum", "word", "meant"),
    [
        (RecordingStatus, "In_Progress", "in-progress"),
        (RecordingStatus, " PAUSED ", "paused"),
        (CallStatus, "no_answer", "no-answer"),
        (RecordingSource, "OutboundAPI", "OutBoundApi"),
        (RecordingSource, "StartCallRecordingAPI", "StartCallRecordingApi"),
        (RecordingSource, "StartConferenceRecordingAPI", "StartConferenceRecording"),
    ],
)
def test_a_word_is_known_in_every_spelling(enum: type[StrEnum], word: str, meant: str) -> None:
    assert enum(word).value == meant


@pytest.mark.parametrize("enum", [RecordingStatus, CallStatus, ConferenceStatus, RecordingSource])
def test_a_word_that_is_still_to_come_is_unknown(enum: type[StrEnum]) -> None:
    assert enum("hovering").value == "unknown"


@pytest.mark.parametrize(
    ("requested", "confirmed_by"),
    [
        ("in-progress", {"in-progress", "resumed"}),
        ("paused", {"paused"}),
        ("stopped", _ENDED),
    ],
)
def test_an_update_is_confirmed_by_what_it_asked_for_and_its_like(
    requested: str, confirmed_by: set[str]
) -> None:
    assert confirmed_by == {
        status.value for status in RecordingStatus if status.confirms(RecordingStatus(requested))
    }


def test_what_records_and_what_has_ended_are_told_apart() -> None:
    assert {status.value for status in RecordingStatus if status.is_recording} == {
        "in-progress",
        "resumed",
    }
    assert {status.value for status in RecordingStatus if status.has_ended} == _ENDED

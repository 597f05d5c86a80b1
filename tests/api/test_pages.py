"""How pages come out of answers, and that an answer that comes again takes no work."""

import json

import pytest

from custom_components.signalwire.api import (
    MalformedAnswerError,
    Page,
    Recording,
    RecordingStatus,
    SignalWireClient,
)
from custom_components.signalwire.api.pages import PageReader
from simulator import Simulator

type Item = dict[str, object]


def item(sid: str, status: str = "paused") -> Item:
    return {"sid": sid, "status": status}


def answer(*items: object, **fields: object) -> bytes:
    return json.dumps({"recordings": items, **fields}).encode()


def is_wanted(_recording: Recording) -> bool:
    return True


def sids(page: Page[Recording]) -> list[str]:
    return [recording.sid for recording in page.items]


@pytest.fixture
def reader() -> PageReader[Recording]:
    return PageReader("recordings", Recording)


def test_an_answer_that_comes_again_is_not_worked_on_again(reader: PageReader[Recording]) -> None:
    body = answer(item("a"), item("b"), {"status": "paused"})
    page = reader.read(body, is_wanted)
    again = reader.read(body, is_wanted)
    assert sids(page) == ["a", "b"]
    assert page.unreadable == 1
    assert again is page


def test_what_is_not_wanted_any_more_is_passed_over(reader: PageReader[Recording]) -> None:
    body = answer(*(item(sid) for sid in "abcd"))
    first = reader.read(body, lambda recording: recording.sid != "a")
    assert sids(first) == ["b", "c", "d"]
    second = reader.read(body, lambda recording: recording.sid == "d")
    assert second.items == first.items[2:]
    third = reader.read(body, lambda recording: recording.sid == "c")
    assert third.items == ()


def test_a_page_says_whether_another_follows(reader: PageReader[Recording]) -> None:
    assert reader.read(answer()).is_last
    assert not reader.read(answer(next_page_uri="/next")).is_last
    # An item that does not fit changes nothing about that.
    assert not reader.read(answer(5, next_page_uri="/next")).is_last


def test_who_wants_all_of_the_same_answer_gets_all(reader: PageReader[Recording]) -> None:
    body = answer(item("a"), item("b"))
    reader.read(body, lambda recording: recording.sid == "a")
    page = reader.read(body)
    assert sids(page) == ["a", "b"]


def test_another_answer_is_read_anew(reader: PageReader[Recording]) -> None:
    reader.read(answer(item("a"), item("b")), is_wanted)
    page = reader.read(answer(item("b", "in-progress"), item("a")), is_wanted)
    assert [(recording.sid, recording.status.value) for recording in page.items] == [
        ("b", "in-progress"),
        ("a", "paused"),
    ]


def test_a_long_page_is_not_kept(reader: PageReader[Recording]) -> None:
    long = answer(*(item("a" * 1000) for _ in range(130)))
    assert reader.read(long, is_wanted) is not reader.read(long, is_wanted)
    short = answer(*(item("a" * 1000) for _ in range(100)))
    assert reader.read(short, is_wanted) is reader.read(short, is_wanted)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"5", b"{}", b'{"recordings": {}}', b'{"calls": []}', b"<html>", b"[" * 9999],
)
def test_what_holds_no_list_is_malformed(reader: PageReader[Recording], body: bytes) -> None:
    with pytest.raises(MalformedAnswerError):
        reader.read(body)


def test_a_page_that_is_too_long_is_malformed(reader: PageReader[Recording]) -> None:
    with pytest.raises(MalformedAnswerError):
        reader.read(answer(*[item("a")] * 1001))


def test_a_list_that_is_null_is_not_complete(reader: PageReader[Recording]) -> None:
    page = reader.read(b'{"recordings": null, "next_page_uri": "/next"}')
    assert not page.is_complete
    assert not page.items
    assert page.next_uri == "/next"


@pytest.mark.parametrize(
    "odd",
    [None, 5, "a", [], {}, {"sid": "b"}, {"status": "paused"}, {"sid": 5, "status": "paused"}],
)
def test_an_item_that_does_not_fit_hides_no_other(
    reader: PageReader[Recording], odd: object
) -> None:
    page = reader.read(answer(item("a"), odd, item("c")))
    assert sids(page) == ["a", "c"]
    assert page.unreadable == 1


def test_half_of_a_character_in_a_text_costs_nothing(reader: PageReader[Recording]) -> None:
    body = answer({**item("a"), "trim": "x"}, item("b")).replace(b'"x"', b'"\\ud83d"')
    page = reader.read(body)
    assert sids(page) == ["a", "b"]
    assert page.items[0].trim == "\ufffd" * 3


def test_a_sid_with_half_of_a_character_is_never_used(reader: PageReader[Recording]) -> None:
    body = answer({**item("x")}, item("b")).replace(b'"x"', b'"abcdefgh\\ud83d"')
    page = reader.read(body)
    assert sids(page) == ["b"]
    assert page.unreadable == 1
    assert page.unreadable_sids == ()


def test_bytes_that_are_no_text_cost_one_item_at_most(reader: PageReader[Recording]) -> None:
    body = answer({**item("a"), "trim": "x"}, item("b")).replace(b'"x"', b'"\xff"')
    assert sids(reader.read(body)) == ["a", "b"]


async def test_the_same_answer_again_is_not_parsed_again(
    client: SignalWireClient, simulator: Simulator
) -> None:
    call = simulator.space.start_call()
    for _ in range(2):
        recording = simulator.space.start_recording(call_sid=call.sid)
        await client.update_recording(
            await client.get_recording(recording.sid), RecordingStatus.PAUSED
        )

    async def read() -> list[Recording]:
        pages = client.recording_pages(finalized=frozenset())
        return [recording async for page in pages for recording in page.items]

    one, other = await read()
    same = await read()
    assert same[0] is one
    assert same[1] is other
    await client.update_recording(one, RecordingStatus.IN_PROGRESS)
    assert [recording.status for recording in await read()] == [
        RecordingStatus.IN_PROGRESS,
        RecordingStatus.PAUSED,
    ]

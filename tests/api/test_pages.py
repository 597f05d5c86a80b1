"""How pages come out of answers, and that an answer that comes again takes no work."""

import pytest

from custom_components.signalwire.api import (
    MalformedAnswerError,
    Recording,
    RecordingStatus,
    SignalWireClient,
)
from custom_components.signalwire.api.pages import PageReader
from simulator import Simulator


class Counting:
    """Makes recordings, and counts them."""

    def __init__(self) -> None:
        self.made: list[object] = []

    def from_json(self, data: object) -> Recording:
        assert isinstance(data, dict)
        self.made.append(data.get("sid"))
        return Recording.from_json(data)


def item(sid: str, status: str = "paused") -> dict[str, object]:
    return {"sid": sid, "status": status}


def every(_item: object) -> bool:
    return True


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def reader(counting: Counting) -> PageReader[Recording]:
    return PageReader("recordings", counting.from_json)


def test_an_answer_that_comes_again_is_not_worked_on_again(
    reader: PageReader[Recording], counting: Counting
) -> None:
    data = {"recordings": [item("a"), item("b"), {"status": "paused"}]}
    page = reader.read(data, every)
    assert reader.read(data, every) == page
    assert counting.made == ["a", "b", None]
    assert page.unreadable == 1


def test_what_is_not_wanted_any_more_is_passed_over(
    reader: PageReader[Recording], counting: Counting
) -> None:
    data = {"recordings": [item(sid) for sid in "abcd"]}
    first = reader.read(data, lambda item: item["sid"] != "a")
    assert [recording.sid for recording in first.items] == ["b", "c", "d"]
    assert first.passed_over == 1
    second = reader.read(data, lambda item: item["sid"] == "d")
    assert second.items == first.items[2:]
    assert second.passed_over == 3
    third = reader.read(data, lambda item: item["sid"] == "c")
    assert third.items == ()
    assert third.passed_over == 4
    assert counting.made == ["b", "c", "d"]


def test_a_page_says_whether_another_follows(reader: PageReader[Recording]) -> None:
    assert reader.read({"recordings": []}).is_last
    assert not reader.read({"recordings": [], "next_page_uri": "/next"}).is_last


def test_who_wants_all_of_the_same_answer_gets_all(reader: PageReader[Recording]) -> None:
    data = {"recordings": [item("a"), item("b")]}
    reader.read(data, lambda item: item["sid"] == "a")
    page = reader.read(data)
    assert [recording.sid for recording in page.items] == ["a", "b"]
    assert page.passed_over == 0


def test_another_answer_is_read_anew(reader: PageReader[Recording]) -> None:
    reader.read({"recordings": [item("a"), item("b")]}, every)
    page = reader.read({"recordings": [item("b", "in-progress"), item("a")]}, every)
    assert [(recording.sid, recording.status.value) for recording in page.items] == [
        ("b", "in-progress"),
        ("a", "paused"),
    ]


def test_a_long_page_is_not_kept(reader: PageReader[Recording], counting: Counting) -> None:
    data = {"recordings": [item(str(number)) for number in range(129)]}
    reader.read(data, every)
    reader.read(data, every)
    assert len(counting.made) == 2 * 129
    short = {"recordings": data["recordings"][:128]}
    reader.read(short, every)
    reader.read(short, every)
    assert len(counting.made) == 3 * 129 - 1


@pytest.mark.parametrize("found", [None, {}, "a", [item("a")] * 1001])
def test_what_holds_no_list_is_malformed(reader: PageReader[Recording], found: object) -> None:
    with pytest.raises(MalformedAnswerError):
        reader.read({"recordings": found})


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

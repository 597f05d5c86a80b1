"""What a refresh asks for: as much as it has to, in as few requests as it can."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from custom_components.signalwire.api import RateLimitedError, Recording, SignalWireClient
from custom_components.signalwire.project.clock import Clock
from custom_components.signalwire.project.discovery import Discovery, RefreshResult
from simulator import Fault, Simulator

_LIST = "/Recordings.json"
_ONE = "/Recordings/"


@pytest.fixture
async def discovery(client: SignalWireClient, simulator: Simulator) -> Discovery:
    """Return one that has read an empty space, so that it reads on from now."""
    discovery = Discovery(client, Clock(), timedelta(days=1))
    await discovery.async_read({})
    simulator.requests.clear()
    return discovery


async def _read_on(
    discovery: Discovery, simulator: Simulator, *ages: float
) -> tuple[dict[str, Recording | None], RefreshResult]:
    """Return active recordings of these ages as they are known, and what a refresh then reads."""
    for age in ages:
        simulator.space.add_recordings(count=1, status="in-progress", age=age)
    known = await _known(discovery, simulator)
    simulator.requests.clear()
    return known, await discovery.async_read(known)


async def _known(discovery: Discovery, simulator: Simulator) -> dict[str, Recording | None]:
    sids = dict.fromkeys(simulator.space.recordings)
    reading = await discovery.async_read(sids)
    return {sid: reading.recordings[sid] for sid in sids}


def _asked(simulator: Simulator) -> list[str]:
    """Return for each request whether it was for the list or for one recording."""
    return [_ONE if _ONE in request.path else _LIST for request in simulator.requests]


def _listed_since(simulator: Simulator) -> timedelta:
    """Return how long ago was created what the last list was asked for."""
    path = next(request.path for request in reversed(simulator.requests) if _LIST in request.path)
    (since,) = parse_qs(urlsplit(path).query)["DateCreated>"]
    return datetime.now(UTC) - parsedate_to_datetime(since)


async def test_known_recordings_of_the_last_hour_are_listed_together(
    discovery: Discovery, simulator: Simulator
) -> None:
    known, reading = await _read_on(discovery, simulator, 60, 1200, 3000)
    assert reading.recordings.keys() == known.keys()
    assert _asked(simulator) == [_LIST]


async def test_one_that_runs_for_hours_is_read_alone_and_the_list_stays_short(
    discovery: Discovery, simulator: Simulator
) -> None:
    known, reading = await _read_on(discovery, simulator, 60, 1200, 10_000)
    assert reading.recordings.keys() == known.keys()
    assert _asked(simulator) == [_LIST, _ONE]
    assert timedelta(seconds=1200) < _listed_since(simulator) < timedelta(seconds=1230)


async def test_without_known_ones_the_list_goes_back_a_quarter_of_an_hour(
    discovery: Discovery, simulator: Simulator
) -> None:
    await discovery.async_read({})
    assert timedelta(seconds=890) < _listed_since(simulator) < timedelta(seconds=930)


@pytest.mark.parametrize(
    ("behind", "asked"),
    [
        # As cheap as a further page, and that might not even hold it.
        (1, [_LIST, _ONE]),
        (2, [_LIST, _LIST]),
    ],
)
async def test_known_ones_behind_a_page_are_read_as_cheaply_as_they_can_be(
    discovery: Discovery, simulator: Simulator, behind: int, asked: list[str]
) -> None:
    simulator.space.add_recordings(count=behind, status="in-progress", age=3000, spread=100)
    known = await _known(discovery, simulator)
    simulator.space.add_recordings(count=1000, status="completed", age=1000, spread=1000)
    simulator.requests.clear()
    reading = await discovery.async_read(known)
    assert known.keys() <= reading.recordings.keys()
    assert _asked(simulator) == asked


async def test_with_each_page_more_is_left_to_be_read_alone(
    discovery: Discovery, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=2, status="in-progress", age=3400, spread=100)
    known = await _known(discovery, simulator)
    simulator.space.add_recordings(count=2000, status="completed", age=1000, spread=2000)
    simulator.requests.clear()
    reading = await discovery.async_read(known)
    assert known.keys() <= reading.recordings.keys()
    assert _asked(simulator) == [_LIST, _LIST, _ONE, _ONE]


async def test_what_was_created_since_a_time_is_listed_again_with_that_second(
    discovery: Discovery, simulator: Simulator
) -> None:
    (older,) = simulator.space.add_recordings(count=1, age=2000)
    assert older.sid not in (await discovery.async_read({})).recordings
    reading = await discovery.async_read({}, older.created)
    assert older.sid in reading.recordings
    assert _listed_since(simulator) < timedelta(seconds=2030)


async def test_finalized_recordings_are_left_out_unless_they_are_taken_for_active(
    discovery: Discovery, simulator: Simulator
) -> None:
    first, second = (recording.sid for recording in simulator.space.add_recordings(count=2))
    reading = await discovery.async_read({}, finalized={first})
    assert reading.recordings.keys() == {second}
    reading = await discovery.async_read({first: None}, finalized={first, second})
    assert reading.recordings.keys() == {first}


async def test_a_known_recording_without_a_status_is_unreadable_and_not_gone(
    discovery: Discovery, simulator: Simulator
) -> None:
    (active,) = simulator.space.add_recordings(count=1, status="in-progress", age=2000)
    known = await _known(discovery, simulator)
    simulator.faults.add(Fault(path=_LIST, status=200, body='{"recordings": []}'))
    simulator.faults.add(Fault(path=_ONE, status=200, body='{"sid": "' + active.sid + '"}'))
    reading = await discovery.async_read(known)
    assert (reading.missed, reading.not_found, reading.recordings) == ({active.sid}, {}, {})


async def test_what_a_failed_refresh_was_to_read_is_read_by_the_next(
    discovery: Discovery, simulator: Simulator
) -> None:
    (active,) = simulator.space.add_recordings(count=1, status="in-progress", age=2000)
    known = await _known(discovery, simulator)
    simulator.faults.add(Fault(path=_LIST, status=200, body='{"recordings": []}'))
    simulator.faults.add(Fault(path=_ONE, status=429))
    with pytest.raises(RateLimitedError):
        await discovery.async_read(known)
    simulator.faults.clear()
    assert active.sid in (await discovery.async_read(known)).recordings


async def test_an_item_that_cannot_be_read_is_read_again_until_it_can_be(
    discovery: Discovery, simulator: Simulator
) -> None:
    (active,) = simulator.space.add_recordings(count=1, status="in-progress", age=10)
    unreadable = '{"sid": "' + active.sid + '"}'
    simulator.faults.add(
        Fault(path=_LIST, status=200, body='{"recordings": [' + unreadable + "]}", times=1)
    )
    fault = Fault(path=_ONE, status=200, body=unreadable)
    simulator.faults.add(fault)
    assert (await discovery.async_read({})).unreadable == 1
    # Long after the list has passed it.
    active.created -= timedelta(hours=2)
    for _ in range(2):
        reading = await discovery.async_read({})
        assert (reading.unreadable, reading.recordings) == (1, {})
    simulator.faults.clear()
    reading = await discovery.async_read({})
    assert (reading.unreadable, list(reading.recordings)) == (0, [active.sid])
    simulator.requests.clear()
    await discovery.async_read({})
    assert _asked(simulator) == [_LIST]


async def test_the_list_does_not_pass_an_item_without_a_sid_until_it_can_be_read(
    discovery: Discovery, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(path=_LIST, status=200, body='{"recordings": [5]}', times=1))
    (late,) = simulator.space.add_recordings(count=1, status="in-progress", age=60)
    assert (await discovery.async_read({})).unreadable == 1
    reading = await discovery.async_read({})
    assert (reading.unreadable, list(reading.recordings)) == (0, [late.sid])


async def test_an_unreadable_recording_that_is_missing_twice_is_given_up(
    discovery: Discovery, simulator: Simulator
) -> None:
    (active,) = simulator.space.add_recordings(count=1, status="in-progress", age=10)
    body = '{"recordings": [{"sid": "' + active.sid + '"}]}'
    simulator.faults.add(Fault(path=_LIST, status=200, body=body, times=1))
    simulator.space.recordings.clear()
    assert (await discovery.async_read({})).unreadable == 1
    assert (await discovery.async_read({})).unreadable == 0


async def test_a_full_refresh_finds_what_a_lagging_list_left_out(
    discovery: Discovery, simulator: Simulator
) -> None:
    (hidden,) = simulator.space.add_recordings(count=1, status="in-progress", age=7200)
    assert hidden.sid not in (await discovery.async_read({})).recordings
    reading = await discovery.async_read({}, full=True)
    assert reading.is_full
    assert hidden.sid in reading.recordings

import asyncio
from collections.abc import AsyncIterator, Coroutine

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.signalwire.api import Recording, RecordingStatus
from custom_components.signalwire.project.updates import RecordingUpdate, RecordingUpdates

PAUSE = RecordingUpdate(status=RecordingStatus.PAUSED)
RESUME = RecordingUpdate(status=RecordingStatus.IN_PROGRESS)
STOP = RecordingUpdate(status=RecordingStatus.STOPPED)


class Service:
    """Answers an update when the test lets it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, RecordingUpdate]] = []
        self.answer = asyncio.Semaphore(0)
        self.error: Exception | None = None

    async def send(self, sid: str, update: RecordingUpdate) -> Recording:
        self.asked.append((sid, update))
        await self.answer.acquire()
        if self.error:
            raise self.error
        return Recording(sid=sid, status=update.status)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def updates(service: Service) -> AsyncIterator[RecordingUpdates]:
    tasks: set[asyncio.Task[None]] = set()

    def create_task(run: Coroutine[None, None, None]) -> None:
        tasks.add(asyncio.create_task(run))

    yield RecordingUpdates(service.send, create_task)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _started(
    updates: RecordingUpdates, *wishes: tuple[str, RecordingUpdate]
) -> list[asyncio.Task[Recording]]:
    """Ask for updates in this order, and return once the first have been sent."""
    tasks = [asyncio.create_task(updates.async_update(sid, wish)) for sid, wish in wishes]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_ten_quick_taps_take_two_requests_and_end_in_the_last(
    service: Service, updates: RecordingUpdates
) -> None:
    taps = await _started(updates, *[("a", PAUSE), ("a", RESUME)] * 5)
    service.answer.release()
    service.answer.release()
    answers = await asyncio.gather(*taps)
    assert service.asked == [("a", PAUSE), ("a", RESUME)]
    assert answers[0].status is RecordingStatus.PAUSED
    assert {answer.status for answer in answers[1:]} == {RecordingStatus.IN_PROGRESS}


async def test_updates_of_different_recordings_do_not_wait_for_each_other(
    service: Service, updates: RecordingUpdates
) -> None:
    tasks = await _started(updates, ("a", PAUSE), ("b", PAUSE))
    assert service.asked == [("a", PAUSE), ("b", PAUSE)]
    service.answer.release()
    service.answer.release()
    await asyncio.gather(*tasks)


async def test_an_update_waits_for_the_one_before_it(
    service: Service, updates: RecordingUpdates
) -> None:
    tasks = await _started(updates, ("a", PAUSE), ("a", STOP))
    assert service.asked == [("a", PAUSE)]
    service.answer.release()
    await tasks[0]
    service.answer.release()
    assert (await tasks[1]).status is RecordingStatus.STOPPED


async def test_a_failed_update_fails_for_who_asked_and_lets_the_next_one_go(
    service: Service, updates: RecordingUpdates
) -> None:
    service.error = ValueError("refused")
    tasks = await _started(updates, ("a", PAUSE), ("a", RESUME))
    service.answer.release()
    with pytest.raises(ValueError, match="refused"):
        await tasks[0]
    service.error = None
    service.answer.release()
    assert (await tasks[1]).status is RecordingStatus.IN_PROGRESS


async def test_who_stops_waiting_does_not_stop_the_update(
    service: Service, updates: RecordingUpdates
) -> None:
    first, second = await _started(updates, ("a", PAUSE), ("a", RESUME))
    first.cancel()
    service.answer.release()
    service.answer.release()
    assert (await second).status is RecordingStatus.IN_PROGRESS
    assert service.asked == [("a", PAUSE), ("a", RESUME)]


async def test_when_the_task_ends_early_nobody_waits_for_ever(service: Service) -> None:
    tasks: list[asyncio.Task[None]] = []
    updates = RecordingUpdates(service.send, lambda run: tasks.append(asyncio.create_task(run)))
    waiting = await _started(updates, ("a", PAUSE), ("a", RESUME))
    tasks[0].cancel()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError] * 2


async def test_the_last_wish_takes_the_place_of_the_one_that_waits(
    service: Service, updates: RecordingUpdates
) -> None:
    tasks = await _started(updates, ("a", PAUSE), ("a", RESUME), ("a", PAUSE), ("a", STOP))
    service.answer.release()
    service.answer.release()
    answers = await asyncio.gather(*tasks)
    assert service.asked == [("a", PAUSE), ("a", STOP)]
    assert {answer.status for answer in answers[1:]} == {RecordingStatus.STOPPED}


async def test_an_end_that_waits_is_not_replaced(
    service: Service, updates: RecordingUpdates
) -> None:
    pause, stop, resume = await _started(updates, ("a", PAUSE), ("a", STOP), ("a", RESUME))
    # Until then it has not ended.
    assert not resume.done()
    service.answer.release()
    service.answer.release()
    assert (await stop).status is RecordingStatus.STOPPED
    with pytest.raises(ServiceValidationError):
        await resume
    assert service.asked == [("a", PAUSE), ("a", STOP)]
    await pause


async def test_the_current_update_is_the_one_that_was_sent_last(
    service: Service, updates: RecordingUpdates
) -> None:
    pause, resume = await _started(updates, ("a", PAUSE), ("a", RESUME))
    assert updates.current("a") is PAUSE
    service.answer.release()
    await pause
    assert len(service.asked) == 2
    assert updates.current("a") is RESUME
    service.answer.release()
    await resume
    assert updates.current("a") is None


async def test_it_is_settled_when_the_last_of_all_updates_is_answered(
    service: Service, updates: RecordingUpdates
) -> None:
    pause, resume = await _started(updates, ("a", PAUSE), ("a", RESUME))
    settled = asyncio.create_task(updates.async_wait_idle("a"))
    service.answer.release()
    await pause
    for _ in range(5):
        await asyncio.sleep(0)
    assert not settled.done()
    service.error = ValueError("refused")
    service.answer.release()
    await settled
    with pytest.raises(ValueError, match="refused"):
        await resume
    await updates.async_wait_idle("a")


async def test_what_was_just_asked_for_is_under_way_and_waited_for(
    service: Service, updates: RecordingUpdates
) -> None:
    asked = asyncio.create_task(updates.async_update("a", PAUSE), eager_start=True)
    assert updates.current("a") == PAUSE
    settled = asyncio.create_task(updates.async_wait_idle("a"), eager_start=True)
    asked_too = asyncio.create_task(updates.async_update("a", RESUME), eager_start=True)
    for answers in range(2):
        for _ in range(5):
            await asyncio.sleep(0)
        assert len(service.asked) == answers + 1
        assert not settled.done()
        service.answer.release()
    await asyncio.gather(asked, asked_too, settled)
    assert updates.current("a") is None

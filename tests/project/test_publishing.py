"""When what the answers changed is shown: at once for a few, together for many."""

import asyncio

from homeassistant.core import HomeAssistant
import pytest

from custom_components.signalwire.project.publishing import Publisher
from tests.helpers import until


class Shown:
    """Counts how often something was shown, with so many updates under way."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.count = 0
        self.under_way = 1
        self.publisher = Publisher(hass, self._publish, lambda: self.under_way)

    def _publish(self) -> None:
        self.count += 1

    def answer(self, under_way: int) -> None:
        """Take an answer while so many updates are under way, this one included."""
        self.under_way = under_way
        self.publisher.async_publish_soon()


@pytest.fixture
def shown(hass: HomeAssistant) -> Shown:
    return Shown(hass)


async def test_one_answer_is_shown_at_once(shown: Shown) -> None:
    shown.answer(1)
    assert shown.count == 1


@pytest.mark.parametrize("under_way", [2, 8])
async def test_a_few_answers_are_shown_before_anybody_goes_on(shown: Shown, under_way: int) -> None:
    for _ in range(3):
        shown.answer(under_way)
    assert shown.count == 0
    await asyncio.sleep(0)
    assert shown.count == 1


async def test_many_answers_are_shown_together_a_moment_later(
    hass: HomeAssistant, shown: Shown
) -> None:
    began = hass.loop.time()
    for _ in range(100):
        shown.answer(9)
    await asyncio.sleep(0)
    assert shown.count == 0
    await until(lambda: shown.count > 0)
    assert 0.09 < hass.loop.time() - began < 1
    assert shown.count == 1
    # And the next ones again.
    shown.answer(9)
    await until(lambda: shown.count == 2)


@pytest.mark.parametrize("under_way", [1, 2])
async def test_the_last_answers_do_not_wait_for_the_moment(shown: Shown, under_way: int) -> None:
    shown.answer(9)
    shown.answer(under_way)
    await asyncio.sleep(0)
    assert shown.count == 1
    # Nothing is left that would show it once more, or keep the next ones from being shown.
    shown.publisher.async_stop()
    assert shown.count == 1
    shown.answer(9)
    shown.answer(9)
    await until(lambda: shown.count == 2)


@pytest.mark.parametrize("under_way", [2, 9])
async def test_nothing_is_shown_once_it_is_stopped(
    hass: HomeAssistant, shown: Shown, under_way: int
) -> None:
    shown.answer(under_way)
    shown.publisher.async_stop()
    over = asyncio.Event()
    hass.loop.call_later(0.15, over.set)
    await over.wait()
    assert shown.count == 0

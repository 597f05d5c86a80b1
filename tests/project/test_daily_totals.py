"""What was recorded today and what it cost: counted once, on its day, without further requests."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.signalwire.api import Recording, RecordingStatus
from custom_components.signalwire.project.daily_totals import DailyTotals, Today
from simulator import Fault, Simulator
from tests.helpers import call_with_recording, make_recording, refresh, restart, state
from tests.media.helpers import past_recording

TIME = "sensor.corner_shop_recorded_time_today"
COST = "sensor.corner_shop_recording_cost_today"
TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def _recording(sid: str = "1", **fields: Any) -> Recording:
    ended = fields.pop("ended", TODAY)
    return make_recording(
        sid,
        **{
            "status": RecordingStatus.COMPLETED,
            "date_created": ended - MINUTE,
            "end_time": ended,
            "duration": 60,
            "price": "-0.0025",
            "price_unit": "USD",
            **fields,
        },
    )


@pytest.fixture
def totals() -> DailyTotals:
    """Return the totals of a day in UTC on which nothing has ended yet."""
    totals = DailyTotals(lambda moment: moment.date())
    totals.begin(TODAY)
    return totals


def test_each_recording_counts_once(totals: DailyTotals) -> None:
    assert totals.count([_recording("1"), _recording("2")])
    assert not totals.count([_recording("1"), _recording("2")])
    assert totals.today == Today(
        day=TODAY.date(), seconds=120, cost=Decimal("0.0050"), currency="USD"
    )


@pytest.mark.parametrize(
    ("status", "seconds"),
    [
        (RecordingStatus.COMPLETED, 60),
        (RecordingStatus.STOPPED, 60),
        (RecordingStatus.ABSENT, 0),
        (RecordingStatus.FAILED, 0),
        (RecordingStatus.IN_PROGRESS, 0),
        (RecordingStatus.PAUSED, 0),
        (RecordingStatus.UNKNOWN, 0),
    ],
)
def test_only_what_was_recorded_to_its_end_has_a_length(
    totals: DailyTotals, status: RecordingStatus, seconds: int
) -> None:
    totals.count([_recording(status=status)])
    assert totals.today.seconds == seconds


def test_what_changes_after_the_end_counts_as_it_is_at_last(totals: DailyTotals) -> None:
    totals.count([_recording(duration=None, price=None)])
    assert (totals.today.seconds, totals.today.cost) == (0, Decimal(0))
    assert totals.count([_recording(duration=58, price=None)])
    assert totals.count([_recording(duration=60)])
    assert totals.today.seconds == 60
    assert totals.today.cost == Decimal("0.0025")
    # An older answer that comes late takes nothing away.
    assert not totals.count([_recording(duration=None, price=None)])


@pytest.mark.parametrize("price", ["-0.25", "0.25"])
def test_a_charge_is_a_cost_whatever_its_sign(totals: DailyTotals, price: str) -> None:
    totals.count([_recording(price=price)])
    assert totals.today.cost == Decimal("0.25")


def test_a_recording_counts_on_the_day_on_which_it_ended(totals: DailyTotals) -> None:
    midnight = TODAY.replace(hour=0)
    across = _recording("across", ended=midnight + MINUTE, duration=3600)
    before = _recording("before", ended=midnight - timedelta(seconds=1))
    unknown = _recording("unknown", end_time=None, date_created=None)
    by_length = _recording("long", end_time=None, date_created=midnight - MINUTE, duration=90)
    totals.count([across, before, unknown, by_length])
    assert totals.today.seconds == 3600 + 90
    assert totals.begin(TODAY + timedelta(days=1))
    assert totals.today.seconds == 0
    # Shown again the day after, it does not count again.
    assert not totals.count([across, before, unknown, by_length])


def test_another_currency_is_left_out(totals: DailyTotals) -> None:
    assert totals.today.cost is None
    totals.count([_recording("1", price=None), _recording("2", price_unit="EUR")])
    assert totals.today == Today(day=TODAY.date(), seconds=120, cost=Decimal(0), currency="USD")


def test_what_was_counted_is_kept(totals: DailyTotals) -> None:
    totals.count([_recording("1"), _recording("2", price=None)])
    again = DailyTotals(lambda moment: moment.date())
    again.restore(totals.to_store())
    assert not again.begin(TODAY)
    assert again.today == totals.today
    assert again.count([_recording("2")])
    assert again.today.cost == Decimal("0.0050")
    # On another day nothing is left but the currency.
    again.restore(totals.to_store())
    assert again.begin(TODAY + timedelta(days=1))
    assert again.today == Today(day=date(2026, 11, 21), seconds=0, cost=Decimal(0), currency="USD")


def test_damaged_entries_are_left_out(totals: DailyTotals) -> None:
    ended = TODAY.isoformat()
    recordings: Any = {
        "1": (5, "much", ended),
        "2": (6, None, ended),
        "3": (7, None, "2026-11-20T12:00:00"),
        "4": ("many", None, ended),
        "5": (8, None),
    }
    totals.restore({"day": "2026-11-20", "recordings": recordings})
    assert totals.today.seconds == 6


@pytest.mark.parametrize(
    "damaged",
    [{"day": "some"}, {"cost": "much"}, {"until": "2026-11-20T12:00:00"}, {"seconds": None}],
)
def test_sums_that_cannot_be_read_change_nothing(
    totals: DailyTotals, damaged: dict[str, Any]
) -> None:
    totals.count([_recording()])
    before = totals.today
    with pytest.raises((ArithmeticError, TypeError, ValueError)):
        totals.restore({**DailyTotals(lambda moment: moment.date()).to_store(), **damaged})  # type: ignore[typeddict-item]  # what a person may have written
    assert totals.today == before


def test_what_ended_long_ago_is_summed_up_and_not_counted_again(totals: DailyTotals) -> None:
    late = _recording("late", ended=TODAY + 50 * MINUTE, price=None)
    totals.count([_recording("1"), _recording("2", price=None), late])
    before = totals.today
    totals.sum_up(TODAY + 61 * MINUTE)
    assert totals.today == before
    assert set(totals.to_store()["recordings"]) == {"late"}
    assert "1" not in totals.finalized
    # Listed again, with another call that has gone on for as long.
    assert not totals.count([_recording("1"), _recording("2")])
    assert totals.count([_recording("late", ended=TODAY + 50 * MINUTE)])
    assert (totals.today.seconds, totals.today.cost) == (180, Decimal("0.0050"))
    again = DailyTotals(lambda moment: moment.date())
    again.restore(totals.to_store())
    assert not again.begin(TODAY + 2 * 60 * MINUTE)
    assert again.today == totals.today
    assert not again.count([_recording("1"), _recording("2")])


def test_what_is_known_for_good_need_not_be_shown_again(totals: DailyTotals) -> None:
    before = TODAY - timedelta(days=1)
    totals.count(
        [
            _recording("priced"),
            _recording("unpriced", price=None),
            _recording("yesterday", ended=before, price=None),
            _recording("active", status=RecordingStatus.IN_PROGRESS),
        ]
    )
    assert [
        sid for sid in ("priced", "unpriced", "yesterday", "active") if sid in totals.finalized
    ] == [
        "priced",
        "yesterday",
    ]


def test_the_currency_alone_is_something_new(totals: DailyTotals) -> None:
    assert totals.count([_recording(status=RecordingStatus.IN_PROGRESS, price=None)])
    assert totals.today.cost == 0
    assert not totals.count([_recording(status=RecordingStatus.IN_PROGRESS, price=None)])


def test_an_hour_after_its_end_a_recording_is_summed_up_to_the_second(
    totals: DailyTotals,
) -> None:
    hour, second = timedelta(hours=1), timedelta(seconds=1)
    totals.count([_recording("1"), _recording("2", ended=TODAY + second)])
    totals.sum_up(TODAY + hour)
    assert set(totals.to_store()["recordings"]) == {"2"}
    # Not for every second, for a day may have many thousands.
    totals.sum_up(TODAY + hour + 59 * second)
    assert set(totals.to_store()["recordings"]) == {"2"}
    totals.sum_up(TODAY + hour + 60 * second)
    assert not totals.to_store()["recordings"]
    assert totals.today.seconds == 120


def test_prices_are_waited_for_since_the_first_that_is_missing(totals: DailyTotals) -> None:
    for minutes in (5, 4, 6):
        ended = TODAY - minutes * MINUTE
        totals.count([_recording(str(minutes), ended=ended, price=None)])
    assert totals.unpriced_since(TODAY) == TODAY - 7 * MINUTE
    assert totals.unpriced_since(TODAY + 4 * MINUTE) == TODAY - 6 * MINUTE
    # A new day waits for none of them.
    totals.begin(TODAY + timedelta(days=1))
    assert totals.unpriced_since(TODAY) is None


def test_a_clock_that_goes_back_tells_nothing_apart_again(totals: DailyTotals) -> None:
    totals.count([_recording("1")])
    totals.sum_up(TODAY + 61 * MINUTE)
    totals.sum_up(TODAY)
    assert not totals.count([_recording("1")])


def test_what_ends_tomorrow_by_the_services_clock_counts_tomorrow(totals: DailyTotals) -> None:
    tomorrow = TODAY + timedelta(days=1)
    ahead = _recording("ahead", ended=tomorrow)
    totals.count([ahead])
    assert totals.today.seconds == 0
    assert "ahead" not in totals.finalized
    totals.begin(tomorrow)
    totals.count([ahead])
    assert totals.today.seconds == 60


def test_a_price_is_waited_for_while_that_is_cheap(totals: DailyTotals) -> None:
    assert totals.unpriced_since(TODAY) is None
    long_ago = TODAY - timedelta(minutes=40)
    totals.count(
        [
            _recording("priced", date_created=long_ago - MINUTE),
            _recording("unpriced", date_created=long_ago, price=None),
            _recording("too long", date_created=TODAY - timedelta(hours=2), price=None),
        ]
    )
    assert totals.unpriced_since(TODAY + MINUTE) == long_ago
    assert totals.unpriced_since(TODAY + 11 * MINUTE) is None
    totals.count([_recording("unpriced", date_created=long_ago)])
    assert totals.unpriced_since(TODAY + MINUTE) is None


# With Home Assistant


@pytest.fixture
async def noon(
    hass: HomeAssistant, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> FrozenDateTimeFactory:
    """Return the clock, which stands at noon in Berlin."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    freezer.move_to("2026-11-20 11:00:00+00:00")
    return freezer


async def _set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def _shown(hass: HomeAssistant) -> tuple[float, float]:
    """Return the minutes and the money."""
    return float(state(hass, TIME)), float(state(hass, COST))


async def test_todays_recordings_are_there_from_the_start_and_cost_no_further_request(
    hass: HomeAssistant, noon: FrozenDateTimeFactory, entry: MockConfigEntry, simulator: Simulator
) -> None:
    past_recording(simulator, timedelta(hours=1), seconds=90)
    past_recording(simulator, timedelta(hours=11), seconds=30)
    past_recording(simulator, timedelta(hours=13), seconds=1000)
    await _set_up(hass, entry)
    assert _shown(hass) == (2.0, 0.0075)
    time, cost = hass.states.get(TIME), hass.states.get(COST)
    assert time is not None
    assert cost is not None
    assert time.attributes["unit_of_measurement"] == "min"
    assert cost.attributes["unit_of_measurement"] == "USD"
    for attributes in (time.attributes, cost.attributes):
        assert attributes["state_class"] == "total"
        assert attributes["last_reset"] == "2026-11-20T00:00:00+01:00"
    simulator.requests.clear()
    await refresh(hass, entry)
    assert len(simulator.requests) == 1


async def test_what_ends_before_our_eyes_is_counted_once(
    hass: HomeAssistant, noon: FrozenDateTimeFactory, entry: MockConfigEntry, simulator: Simulator
) -> None:
    await _set_up(hass, entry)
    assert state(hass, COST) == "unknown"
    simulator.space.price_delay = timedelta(seconds=30)
    hung_up = call_with_recording(simulator)
    await refresh(hass, entry)
    call_with_recording(simulator)
    await refresh(hass, entry)
    noon.tick(120)
    simulator.space.hang_up(hung_up.sid)
    await hass.services.async_call(
        "button", "press", {"entity_id": "button.recording_2_stop"}, blocking=True
    )
    for _ in range(3):
        await refresh(hass, entry)
    assert _shown(hass) == (4.0, 0.0)
    noon.tick(60)
    simulator.requests.clear()
    await refresh(hass, entry)
    assert _shown(hass) == (4.0, 0.015)
    assert len(simulator.requests) == 1
    await restart(hass, entry)
    assert _shown(hass) == (4.0, 0.015)


async def test_the_price_of_a_long_recording_that_comes_late_is_seen(
    hass: HomeAssistant, noon: FrozenDateTimeFactory, entry: MockConfigEntry, simulator: Simulator
) -> None:
    await _set_up(hass, entry)
    simulator.space.price_delay = timedelta(seconds=90)
    call = call_with_recording(simulator)
    await refresh(hass, entry)
    for _ in range(4):
        noon.tick(600)
        await refresh(hass, entry)
    simulator.space.hang_up(call.sid)
    await refresh(hass, entry)
    assert _shown(hass) == (40.0, 0.0)
    noon.tick(100)
    simulator.requests.clear()
    await refresh(hass, entry)
    assert _shown(hass)[1] > 0
    assert len(simulator.requests) == 1


async def test_at_midnight_it_begins_anew(
    hass: HomeAssistant, noon: FrozenDateTimeFactory, entry: MockConfigEntry, simulator: Simulator
) -> None:
    past_recording(simulator, timedelta(hours=1), seconds=60)
    await _set_up(hass, entry)
    noon.move_to("2026-11-20 22:58:00+00:00")
    call = call_with_recording(simulator)
    await refresh(hass, entry)
    assert _shown(hass)[0] == 1.0
    # Over midnight in Berlin.
    noon.move_to("2026-11-20 23:01:00+00:00")
    await refresh(hass, entry)
    assert _shown(hass) == (0.0, 0.0)
    simulator.space.hang_up(call.sid)
    await refresh(hass, entry)
    assert _shown(hass)[0] == 3.0
    reset = hass.states.get(TIME)
    assert reset is not None
    assert reset.attributes["last_reset"] == "2026-11-21T00:00:00+01:00"


async def test_a_day_without_recordings_begins_at_midnight_too(
    hass: HomeAssistant, noon: FrozenDateTimeFactory, entry: MockConfigEntry
) -> None:
    await _set_up(hass, entry)
    noon.move_to("2026-11-20 23:01:00+00:00")
    await refresh(hass, entry)
    for entity_id in (TIME, COST):
        shown = hass.states.get(entity_id)
        assert shown is not None
        assert shown.attributes["last_reset"] == "2026-11-21T00:00:00+01:00"


async def test_what_was_counted_outlives_a_restart_that_looks_back_less_far(
    hass: HomeAssistant, noon: FrozenDateTimeFactory, entry: MockConfigEntry, simulator: Simulator
) -> None:
    past_recording(simulator, timedelta(hours=1), seconds=60)
    past_recording(simulator, timedelta(hours=2), seconds=120)
    await _set_up(hass, entry)
    noon.tick(timedelta(hours=3))
    # Deleted since, as many do once they have fetched the audio.
    simulator.space.recordings.popitem()
    past_recording(simulator, timedelta(minutes=5), seconds=60)
    hass.config_entries.async_update_entry(entry, options={"look_back": 1})
    await restart(hass, entry)
    assert _shown(hass)[0] == 4.0
    # A day later nothing of it is left.
    noon.tick(timedelta(days=1))
    await restart(hass, entry)
    assert _shown(hass) == (0.0, 0.0)


async def test_what_is_counted_is_stored_however_much_there_is_to_count(
    hass: HomeAssistant,
    noon: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    simulator: Simulator,
    hass_storage: dict[str, Any],
) -> None:
    await _set_up(hass, entry)
    key = f"signalwire.{entry.entry_id}.today"
    for _ in range(8):
        assert key not in hass_storage
        past_recording(simulator, timedelta(0))
        await refresh(hass, entry)
        noon.tick(40)
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert key in hass_storage


async def test_while_the_service_is_down_they_are_unavailable_and_lose_nothing(
    hass: HomeAssistant, noon: FrozenDateTimeFactory, entry: MockConfigEntry, simulator: Simulator
) -> None:
    past_recording(simulator, timedelta(hours=1), seconds=60)
    await _set_up(hass, entry)
    simulator.faults.add(Fault(status=400))
    await refresh(hass, entry)
    assert state(hass, TIME) == "unavailable"
    await restart(hass, entry)
    assert state(hass, TIME) == "unavailable"
    simulator.faults.clear()
    await refresh(hass, entry)
    assert _shown(hass)[0] == 1.0


async def test_nothing_is_left_of_a_project_that_is_removed(
    hass: HomeAssistant,
    noon: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    simulator: Simulator,
    hass_storage: dict[str, Any],
) -> None:
    past_recording(simulator, timedelta(minutes=30))
    await _set_up(hass, entry)
    await restart(hass, entry)
    key = f"signalwire.{entry.entry_id}.today"
    assert list(hass_storage[key]["data"]["recordings"]) == list(simulator.space.recordings)
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert key not in hass_storage

"""What is old enough is deleted, slowly; what is not, never, whatever happens in between."""

from dataclasses import replace
from datetime import timedelta
import random
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.signalwire.api import RetryPolicy
from custom_components.signalwire.const import EVENT_ACTIVITY
from custom_components.signalwire.project.retention_rule import RetentionPolicy
from custom_components.signalwire.project.settings import ProjectSettings
from simulator import Fault, Simulator
from simulator.models import Recording, Status
from tests.helpers import (
    call_with_recording,
    conference_with_recording,
    lists,
    set_retry_policy,
    settle,
    state,
    until,
)
from tests.keeping.helpers import (
    Calendar,
    begin_deleting,
    deletions,
    issue,
    look_at_the_clock,
    next_day,
    old,
    retention_options,
    set_up,
    start_deleting,
)
from tests.keeping.test_delete_several import delete_several

DUE = "sensor.corner_shop_due_for_deletion"
LAST = "sensor.corner_shop_last_deletion"
QUICK = RetryPolicy(attempts=1, total=1, attempt=0.5)


def _left(simulator: Simulator) -> set[str]:
    return set(simulator.space.recordings)


def _told(events: list[Event[Any]]) -> list[str]:
    return [event.data["actor"] for event in events if event.data["type"] == "deleted"]


async def _keep(hass: HomeAssistant, recording: Recording, *, keep: bool = True) -> None:
    await hass.services.async_call(
        "signalwire",
        "keep_recording",
        {"recording_sid": recording.sid, "keep": keep},
        blocking=True,
    )


async def test_nothing_is_deleted_by_itself(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
) -> None:
    old(simulator, 3000)
    await next_day(hass, calendar)
    assert deletions(simulator) == []
    assert state(hass, DUE) == state(hass, LAST) == "unknown"


async def test_what_is_older_than_the_days_is_deleted_and_nothing_else(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    events = async_capture_events(hass, EVENT_ACTIVITY)
    older, newer = old(simulator, 30.001), old(simulator, 29.999)
    await begin_deleting(hass, entry, days=30)
    assert deletions(simulator) == [older.sid]
    assert _left(simulator) == {newer.sid}
    assert _told(events) == ["retention"]
    activity = hass.states.get("event.corner_shop_recording_activity")
    assert activity is not None
    assert (activity.attributes["event_type"], activity.attributes["recording_sid"]) == (
        "deleted",
        older.sid,
    )
    assert state(hass, DUE) == "0"
    last = dt_util.parse_datetime(state(hass, LAST))
    assert last is not None
    assert timedelta(0) <= dt_util.utcnow() - last < timedelta(minutes=1)


async def test_the_oldest_go_first_and_at_most_so_many_a_day(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
) -> None:
    by_age = [old(simulator, age).sid for age in (44, 43, 42, 41, 40)]
    await begin_deleting(hass, entry, days=30, a_day=2)
    assert deletions(simulator) == by_age[:2]
    assert state(hass, DUE) == "3"
    await next_day(hass, calendar, timedelta(hours=1))
    assert deletions(simulator) == by_age[:2]
    await next_day(hass, calendar)
    assert deletions(simulator) == by_age[:4]
    await next_day(hass, calendar)
    assert deletions(simulator) == by_age
    assert state(hass, DUE) == "0"


async def test_a_recording_is_deleted_on_the_day_on_which_it_is_old_enough(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
) -> None:
    old(simulator, 0.1)
    await begin_deleting(hass, entry, days=2)
    await next_day(hass, calendar)
    assert deletions(simulator) == []
    await next_day(hass, calendar)
    assert len(deletions(simulator)) == 1


async def test_only_what_has_ended_for_good_is_deleted(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    for status in ("queued", "in-progress", "paused"):
        old(simulator, 50, status=status)
    due = [old(simulator, 50, status=status) for status in ("completed", "absent", "failed")]
    simulator.settings.status_words = {"stopped": "processing"}
    old(simulator, 50, status="stopped")
    await begin_deleting(hass, entry, days=30)
    assert set(deletions(simulator)) == {recording.sid for recording in due}


async def test_the_end_counts_and_not_the_beginning(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    long = old(simulator, 29.9, duration=86400)
    await begin_deleting(hass, entry, days=30)
    assert _left(simulator) == {long.sid}
    assert deletions(simulator) == []


@pytest.mark.parametrize("years", [1, 50])
async def test_a_clock_that_jumps_ahead_makes_nothing_due(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
    years: int,
) -> None:
    old(simulator, 1)
    await begin_deleting(hass, entry, days=30)
    jump = timedelta(days=365 * years)
    # Home Assistant's own, while that of the service goes on as it did.
    calendar.jump(jump)
    await look_at_the_clock(hass)
    assert deletions(simulator) == []
    # And the other way round.
    calendar.jump(-jump)
    simulator.space.advance(jump.total_seconds())
    await next_day(hass, calendar)
    assert deletions(simulator) == []
    assert state(hass, DUE) == "0"


async def test_a_clock_that_jumps_between_two_deletions_stops_them(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
) -> None:
    first, second = old(simulator, 40), old(simulator, 39)
    delete = simulator.space.delete_recording

    def jump(sid: str) -> None:
        delete(sid)
        simulator.space.advance(-30 * 86400)

    simulator.space.delete_recording = jump  # type: ignore[method-assign]  # one test's space
    await begin_deleting(hass, entry, days=30)
    assert first.sid not in _left(simulator)
    assert second.sid in _left(simulator)


async def test_a_service_that_does_not_say_what_time_it_is_deletes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    old(simulator, 40)
    simulator.faults.add(Fault(headers={"Date": "soon"}))
    await begin_deleting(hass, entry, days=30)
    assert deletions(simulator) == []


async def test_what_is_marked_is_kept_until_the_mark_is_taken_off(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
) -> None:
    kept = old(simulator, 29.5)
    await begin_deleting(hass, entry, days=30)
    await _keep(hass, kept)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await set_up(hass, entry)
    await next_day(hass, calendar)
    await next_day(hass, calendar)
    assert deletions(simulator) == []
    assert state(hass, DUE) == "0"
    with pytest.raises(ServiceValidationError, match="marked to be kept"):
        await hass.services.async_call(
            "signalwire",
            "delete_recording",
            {"recording_sid": kept.sid, "confirm": True},
            blocking=True,
        )
    await _keep(hass, kept, keep=False)
    await settle(hass)
    assert state(hass, DUE) == "1"
    await next_day(hass, calendar)
    assert deletions(simulator) == [kept.sid]


async def test_an_active_recording_can_be_marked_by_its_slot(
    hass: HomeAssistant, recorded: str, loaded: MockConfigEntry
) -> None:
    await hass.services.async_call(
        "signalwire", "keep_recording", {"entity_id": "switch.recording_1"}, blocking=True
    )
    assert recorded in loaded.runtime_data.project.retention.kept


async def test_what_does_not_exist_is_not_marked(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    gone = old(simulator, 1)
    simulator.space.clear()
    with pytest.raises(ServiceValidationError, match="no such recording"):
        await _keep(hass, gone)
    assert gone.sid not in loaded.runtime_data.project.retention.kept


async def test_a_mark_that_comes_while_another_is_deleted_counts(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    first, second = old(simulator, 40), old(simulator, 39)
    simulator.faults.add(Fault(method="DELETE", sid=first.sid, delay=0.3))
    await start_deleting(hass, entry, days=30)
    await until(lambda: deletions(simulator) == [first.sid])
    with pytest.raises(ServiceValidationError, match="being deleted"):
        await _keep(hass, first)
    await _keep(hass, second)
    await settle(hass)
    assert _left(simulator) == {second.sid}
    assert deletions(simulator) == [first.sid]


async def test_a_mark_that_comes_while_the_deletion_is_written_down_counts(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    recording = old(simulator, 40)
    await begin_deleting(hass, entry, days=50)
    project = entry.runtime_data.project
    store, flush = project.retention._store, project.retention._store.async_flush

    async def slow_flush() -> None:
        await flush()
        store.record.kept[recording.sid] = None

    store.async_flush = slow_flush
    project.settings = project.retention._settings = _with_retention(project.settings, 30)
    store.record.is_done = False
    project.retention._async_begin()
    await settle(hass)
    assert deletions(simulator) == []
    assert store.record.in_flight == {}


def _with_retention(settings: ProjectSettings, days: int) -> ProjectSettings:
    return replace(settings, retention=RetentionPolicy(default=timedelta(days=days)))


async def test_a_restart_in_the_middle_of_a_day_deletes_no_more_than_a_days_number(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
) -> None:
    recordings = [old(simulator, 40 - number / 100) for number in range(5)]
    simulator.faults.add(Fault(method="DELETE", sid=recordings[1].sid, delay=5))
    await start_deleting(hass, entry, days=30, a_day=3)
    await until(lambda: len(deletions(simulator)) == 2)
    # The second was sent, and its answer is never heard.
    assert await hass.config_entries.async_unload(entry.entry_id)
    simulator.faults.clear()
    await set_up(hass, entry)
    assert len(deletions(simulator)) == 3
    assert await hass.config_entries.async_unload(entry.entry_id)
    await set_up(hass, entry)
    assert len(deletions(simulator)) == 3
    await next_day(hass, calendar)
    assert _left(simulator) == set()


async def test_what_was_deleted_before_its_answer_was_lost_is_told_of_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
) -> None:
    events = async_capture_events(hass, EVENT_ACTIVITY)
    recording = old(simulator, 40)
    simulator.faults.add(Fault(method="DELETE", drop=True, apply="after"))
    await begin_deleting(hass, entry, days=30)
    await next_day(hass, calendar)
    assert set(deletions(simulator)) == {recording.sid}
    assert _told(events) == ["retention"]
    assert state(hass, DUE) == "0"


async def test_what_was_deleted_before_a_restart_is_told_of_after_it(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    events = async_capture_events(hass, EVENT_ACTIVITY)
    old(simulator, 40)
    simulator.faults.add(Fault(method="DELETE", delay=5, apply="after"))
    await start_deleting(hass, entry, days=30)
    await until(lambda: _left(simulator) == set())
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert _told(events) == []
    simulator.faults.clear()
    await set_up(hass, entry)
    assert _told(events) == ["retention"]
    assert state(hass, LAST) != "unknown"


async def test_an_outcome_that_cannot_be_found_out_is_found_out_later(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
) -> None:
    events = async_capture_events(hass, EVENT_ACTIVITY)
    recording, other = old(simulator, 40), old(simulator, 39)
    await set_up(hass, entry, **retention_options(entry, 60))
    set_retry_policy(entry, QUICK)
    assert await hass.config_entries.async_unload(entry.entry_id)
    simulator.faults.add(Fault(method="GET", sid=recording.sid, times=1))
    simulator.faults.add(Fault(method="DELETE", sid=recording.sid, drop=True, apply="after"))
    simulator.faults.add(Fault(method="GET", sid=recording.sid, status=400))
    await begin_deleting(hass, entry, days=30)
    assert _left(simulator) == set()
    assert set(deletions(simulator)) == {recording.sid, other.sid}
    assert _told(events) == ["retention"]
    simulator.faults.clear()
    await next_day(hass, calendar)
    assert _told(events) == ["retention"] * 2


async def test_what_cannot_be_deleted_is_tried_every_day_told_after_three_and_holds_up_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
) -> None:
    stubborn, other = old(simulator, 40), old(simulator, 39)
    simulator.faults.add(Fault(method="DELETE", sid=stubborn.sid, status=422))
    await begin_deleting(hass, entry, days=30, a_day=1)
    assert deletions(simulator) == [stubborn.sid]
    await next_day(hass, calendar)
    assert other.sid not in _left(simulator)
    await next_day(hass, calendar)
    assert issue(hass, entry, "deletion_failed") is None
    await next_day(hass, calendar)
    found = issue(hass, entry, "deletion_failed")
    assert found is not None
    assert found.translation_placeholders is not None
    assert "A parameter is not valid" in found.translation_placeholders["reason"]
    assert deletions(simulator).count(stubborn.sid) == 3
    simulator.faults.clear()
    await next_day(hass, calendar)
    assert _left(simulator) == set()
    assert issue(hass, entry, "deletion_failed") is None


async def test_a_service_that_is_down_for_three_days_is_told_of(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
) -> None:
    await begin_deleting(hass, entry, days=30)
    recording = old(simulator, 40)
    simulator.faults.add(Fault(path="Recordings", query="DateCreated%3C|DateCreated<", status=400))
    for _ in range(3):
        assert issue(hass, entry, "deletion_failed") is None
        await next_day(hass, calendar)
    assert issue(hass, entry, "deletion_failed") is not None
    assert recording.sid in _left(simulator)
    simulator.faults.clear()
    await next_day(hass, calendar)
    assert issue(hass, entry, "deletion_failed") is None
    assert recording.sid not in _left(simulator)


async def test_after_some_failures_in_a_row_the_service_is_left_alone(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    for _ in range(8):
        old(simulator, 40)
    simulator.faults.add(Fault(method="DELETE", status=400))
    await begin_deleting(hass, entry, days=30)
    assert len(deletions(simulator)) == 5


async def test_what_somebody_else_deletes_meanwhile_is_no_failure(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
) -> None:
    first, second, third = old(simulator, 41), old(simulator, 40), old(simulator, 39)
    simulator.faults.add(Fault(method="GET", sid=first.sid, status=404))
    simulator.faults.add(Fault(method="DELETE", sid=second.sid, status=404, apply="after"))
    await begin_deleting(hass, entry, days=30)
    assert deletions(simulator) == [second.sid, third.sid]
    assert state(hass, DUE) == "0"
    assert entry.runtime_data.project.retention._store.record.failures == {}


async def test_a_list_without_an_end_deletes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    old(simulator, 40)
    simulator.faults.add(
        Fault(query="DateCreated%3C|DateCreated<", status=200, body='{"recordings": null}')
    )
    await begin_deleting(hass, entry, days=30)
    assert deletions(simulator) == []


@pytest.mark.parametrize(
    "data", [[], {"kept": 5}, {"kept": "all"}, {"kept": {}}, {"kept": [], "day": 3}, None], ids=repr
)
async def test_where_the_marks_are_lost_nothing_is_deleted_until_it_is_confirmed_anew(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
    hass_storage: dict[str, Any],
    data: object,
) -> None:
    await begin_deleting(hass, entry, days=30)
    assert await hass.config_entries.async_unload(entry.entry_id)
    key = f"signalwire.{entry.entry_id}.retention"
    if data is None:
        del hass_storage[key]
    else:
        hass_storage[key]["data"] = data
    recording = old(simulator, 40)
    for _ in range(2):
        await set_up(hass, entry)
        await next_day(hass, calendar)
        assert deletions(simulator) == []
        assert issue(hass, entry, "marks_lost") is not None
        assert await hass.config_entries.async_unload(entry.entry_id)
    await begin_deleting(hass, entry, days=30)
    assert deletions(simulator) == [recording.sid]
    assert issue(hass, entry, "marks_lost") is None


async def test_where_the_marks_are_lost_nobody_deletes_even_if_nothing_is_deleted_by_itself(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    hass_storage: dict[str, Any],
) -> None:
    await set_up(hass, entry)
    recording = old(simulator, 40)
    await _keep(hass, recording)
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[f"signalwire.{entry.entry_id}.retention"]["data"] = []
    for _ in range(2):
        await set_up(hass, entry)
        assert issue(hass, entry, "marks_lost") is not None
        confirmed = {"confirm": True, "recording_sid": recording.sid}
        with pytest.raises(ServiceValidationError, match="was lost"):
            await hass.services.async_call(
                "signalwire", "delete_recording", confirmed, blocking=True
            )
        with pytest.raises(ServiceValidationError, match="was lost"):
            await delete_several(hass, older_than={"days": 1}, dry_run=False, confirm=True)
        assert await hass.config_entries.async_unload(entry.entry_id)
    await set_up(hass, entry)
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    flow = await hass.config_entries.options.async_configure(
        flow["flow_id"], {"next_step_id": "retention"}
    )
    result = await hass.config_entries.options.async_configure(
        flow["flow_id"], {"retention_days": 0, "deletions_a_day": 100}
    )
    assert result["type"] == "create_entry"
    await settle(hass)
    assert issue(hass, entry, "marks_lost") is None
    assert len((await delete_several(hass, older_than={"days": 1}))["recordings"]) == 1
    assert deletions(simulator) == []


async def test_a_disk_that_is_full_deletes_nothing_and_says_so(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await begin_deleting(hass, entry, days=30)
    recording = old(simulator, 40)
    save = Store.async_save

    async def full(store: Store[Any], data: Any) -> None:
        if not store.key.endswith(".retention"):
            await save(store, data)

    monkeypatch.setattr(Store, "async_save", full)
    for _ in range(3):
        await next_day(hass, calendar)
    assert deletions(simulator) == []
    assert issue(hass, entry, "deletion_failed") is not None
    with pytest.raises(HomeAssistantError, match="could not be written"):
        await _keep(hass, recording)
    assert recording.sid in entry.runtime_data.project.retention.kept


def _line(name: str, *addresses: str, days: int | None = None) -> ConfigSubentry:
    data: dict[str, Any] = {"addresses": list(addresses)}
    if days is not None:
        data["retention_days"] = days
    return ConfigSubentry(data=data, subentry_type="line", title=name, unique_id=None)  # type: ignore[arg-type]  # a mapping proxy, in Home Assistant


def _call_recording(
    simulator: Simulator, days: float, from_number: str, to_number: str
) -> Recording:
    recording = old(simulator, days)
    call = simulator.space.calls[recording.call_sid or ""]
    call.from_number, call.to_number = from_number, to_number
    return recording


async def test_a_line_keeps_its_recordings_for_days_of_its_own(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    for line in (
        _line("Desk", "+15550001", days=10),
        _line("Doctor", "+15550002", days=0),
        _line("Other", "+15550003"),
    ):
        hass.config_entries.async_add_subentry(entry, line)
    outside = "+15559999"
    due = [
        _call_recording(simulator, 11, outside, "+15550001"),
        _call_recording(simulator, 31, "+15550003", outside),
        _call_recording(simulator, 31, outside, outside),
        # On both: as long as either asks for.
        _call_recording(simulator, 31, "+15550001", "+15550003"),
    ]
    stays = [
        _call_recording(simulator, 9, outside, "+15550001"),
        _call_recording(simulator, 3000, outside, "+15550002"),
        _call_recording(simulator, 3000, "+15550001", "+15550002"),
        _call_recording(simulator, 29, "+15550003", outside),
        _call_recording(simulator, 29, "+15550003", "+15550001"),
        _call_recording(simulator, 29, outside, outside),
    ]
    await begin_deleting(hass, entry, days=30)
    assert _left(simulator) == {recording.sid for recording in stays}
    assert set(deletions(simulator)) == {recording.sid for recording in due}


async def test_a_line_can_have_days_while_the_project_keeps_everything(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    hass.config_entries.async_add_subentry(entry, _line("Desk", "+15550001", days=10))
    _call_recording(simulator, 3000, "+15559999", "+15559998")
    _call_recording(simulator, 11, "+15559999", "+15550001")
    # Deleted at the service: whose it was is not known any more.
    unknown = _call_recording(simulator, 11, "+15559999", "+15550001")
    del simulator.space.calls[unknown.call_sid or ""]
    await begin_deleting(hass, entry, days=0)
    assert len(_left(simulator)) == 2
    assert unknown.sid in _left(simulator)


async def test_lines_that_change_stop_deletion_until_it_is_confirmed(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, calendar: Calendar
) -> None:
    hass.config_entries.async_add_subentry(entry, _line("Doctor", "+15550002", days=0))
    await begin_deleting(hass, entry, days=30)
    assert issue(hass, entry, "retention_unconfirmed") is None
    _call_recording(simulator, 40, "+15559999", "+15550002")
    (line,) = entry.subentries
    hass.config_entries.async_remove_subentry(entry, line)
    await settle(hass)
    assert deletions(simulator) == []
    assert issue(hass, entry, "retention_unconfirmed") is not None
    assert await hass.config_entries.async_unload(entry.entry_id)
    await begin_deleting(hass, entry, days=30)
    await next_day(hass, calendar)
    assert len(deletions(simulator)) == 1


async def test_a_conference_can_be_a_lines(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    hass.config_entries.async_add_subentry(entry, _line("Board", "board room", days=0))
    room = simulator.space.start_conference(friendly_name="Board Room")
    old(simulator, 3000, conference_sid=room.sid)
    await begin_deleting(hass, entry, days=30)
    assert deletions(simulator) == []


async def test_a_day_takes_two_requests_for_each_deletion_and_two_to_look(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
) -> None:
    await begin_deleting(hass, entry, days=30)
    for _ in range(3):
        old(simulator, 40)
    simulator.requests.clear()
    await next_day(hass, calendar)
    mine = [request for request in simulator.requests if "DateCreated%3C" in request.path]
    assert len(mine) == 2
    assert sum("/Recordings/" in request.path for request in simulator.requests) == 6
    assert lists(simulator) >= 1


async def test_calls_that_go_on_are_held_while_the_past_is_deleted(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    for _ in range(5):
        old(simulator, 40)
    call_with_recording(simulator)
    conference_with_recording(simulator, "Room")
    simulator.faults.add(Fault(method="DELETE", delay=0.2))
    await start_deleting(hass, entry, days=30)
    await until(lambda: bool(deletions(simulator)))
    await hass.services.async_call("signalwire", "hold_recordings", {}, blocking=True)
    active = [one for one in simulator.space.recordings.values() if one.is_active]
    await until(lambda: all(one.status is Status.PAUSED for one in active))
    assert len(deletions(simulator)) < 5
    await settle(hass)
    assert len(deletions(simulator)) == 5


@pytest.mark.parametrize("seed", range(4))
async def test_over_weeks_of_faults_restarts_and_jumps_what_is_due_goes_and_nothing_else(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
    hasty_unload: None,
    seed: int,
) -> None:
    dice = random.Random(seed)
    truth = simulator.space
    delete = truth.delete_recording
    kept: set[str] = set()
    wrong: list[str] = []
    # How far the space's clock is from the truth, in seconds.
    off = 0.0

    def watched(sid: str) -> None:
        recording = truth.recordings[sid]
        assert recording.ended is not None
        age = truth.now() - timedelta(seconds=off) - recording.ended
        if age < timedelta(days=7) or sid in kept or recording.is_active:
            wrong.append(f"{age} {sid in kept}")
        delete(sid)

    truth.delete_recording = watched  # type: ignore[method-assign]  # one test's space
    await begin_deleting(hass, entry, days=7, a_day=20)
    for _ in range(25):
        set_retry_policy(entry, QUICK)
        for _ in range(dice.randrange(6)):
            old(simulator, dice.uniform(0, 9))
        if dice.random() < 0.5 and truth.recordings:
            recording = truth.recordings[dice.choice(list(truth.recordings))]
            await _keep(hass, recording)
            kept.add(recording.sid)
        for _ in range(dice.randrange(3)):
            simulator.faults.add(
                Fault(
                    method=dice.choice(["DELETE", "GET"]),
                    path="Recordings/",
                    status=dice.choice([500, 503, 404, 400, None]),
                    drop=dice.random() < 0.3,
                    apply="after" if dice.random() < 0.5 else "before",
                    times=dice.randrange(1, 4),
                )
            )
        service_jump = dice.choice([0.0, 0.0, 30 * 86400.0, -3600.0])
        own_jump = dice.choice([0.0, 0.0, 60 * 86400.0]) if service_jump == 0 else 0.0
        truth.advance(service_jump)
        off += service_jump
        calendar.jump(timedelta(seconds=own_jump))
        await next_day(hass, calendar, timedelta(hours=dice.uniform(1, 30)))
        if dice.random() < 0.3:
            assert await hass.config_entries.async_unload(entry.entry_id)
            await set_up(hass, entry)
        # The clocks are set right again.
        truth.advance(-service_jump)
        off -= service_jump
        calendar.jump(timedelta(seconds=-own_jump))
        simulator.faults.clear()
    assert wrong == []
    for _ in range(12):
        await next_day(hass, calendar)
    assert wrong == []
    forgotten = [
        recording.sid
        for recording in truth.recordings.values()
        if recording.sid not in kept
        and recording.ended is not None
        and truth.now() - recording.ended > timedelta(days=8)
    ]
    assert forgotten == []
    assert kept <= truth.recordings.keys()

"""Callbacks as the service sends them, over real HTTP: signed by the simulator or by hand."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
import json
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, patch
from xml.etree.ElementTree import fromstring

from aiohttp import ClientSession
from aiohttp.test_utils import TestClient
from hass_nabucasa import CloudError
from homeassistant.components.cloud import CloudNotAvailable
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from homeassistant.util.aiohttp import MockRequest
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.signalwire.webhook import callback_reader
from custom_components.signalwire.webhook.address import async_webhook_address
from custom_components.signalwire.webhook.callback_reader import MAX_READS_PER_SECOND
from custom_components.signalwire.webhook.endpoint import MAX_BODY
from simulator import Fault, Simulator
from simulator.callbacks import sign_form
from simulator.settings import CallbackFormat
from tests.helpers import (
    PROJECT_ID,
    call_with_recording,
    lists,
    reads,
    refresh,
    restart,
    state,
    until,
)

ALL_EVENTS = ("in-progress", "completed", "absent")
FORM = "application/x-www-form-urlencoded"
JSON = {"Content-Type": "application/json"}
UNKNOWN = "00000000-0000-4000-8000-00000000000{}"
SWITCH = "switch.recording_1"


@dataclass
class Stage:
    """Home Assistant with its web server, at the address that it is known by."""

    hass: HomeAssistant
    simulator: Simulator
    entry: MockConfigEntry
    session: ClientSession
    address: str

    def record(self, *events: str, method: str = "POST") -> str:
        """Start a recording that is called back for; return its SID."""
        call = self.simulator.space.start_call()
        return self.simulator.space.start_recording(
            call_sid=call.sid,
            callback_url=self.address,
            callback_events=events or ALL_EVENTS,
            callback_method=method,
        ).sid

    @property
    def reads(self) -> list[str]:
        """Return the SIDs that were read alone, one for each request."""
        return reads(self.simulator)

    @property
    def lists(self) -> int:
        """Return how often recordings were listed."""
        return lists(self.simulator)

    async def send(self, fields: dict[str, str], signature: str | None = None) -> int:
        """Call back with a form, genuine unless a signature is given; return the status."""
        if signature is None:
            signature = sign_form(self.simulator.settings.signing_key, self.address, fields)
        async with self.session.post(
            self.address, data=fields, headers={"X-SignalWire-Signature": signature}
        ) as response:
            return response.status

    async def settled(self) -> None:
        """Wait until all that was set off is done."""
        await self.hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
async def stage(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
) -> AsyncIterator[Stage]:
    simulator.settings.show_signing_key = True
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    client: TestClient[Any, Any] = await hass_client_no_auth()
    hass.config.external_url = str(client.make_url("")).rstrip("/")
    simulator.requests.clear()
    async with ClientSession() as session:
        address = f"{hass.config.external_url}/api/webhook/{entry.data['webhook_id']}"
        yield Stage(hass, simulator, entry, session, address)


@pytest.mark.parametrize(
    ("method", "form"),
    [
        ("POST", CallbackFormat.FORM),
        ("POST", CallbackFormat.JSON),
        ("GET", CallbackFormat.FORM),
    ],
)
async def test_a_new_recording_is_there_without_waiting_for_a_refresh(
    stage: Stage, method: str, form: CallbackFormat
) -> None:
    stage.simulator.settings.callback_format = form
    sid = stage.record(method=method)
    await until(lambda: state(stage.hass, SWITCH) == "on")
    await stage.settled()
    assert stage.lists == 0
    assert stage.reads == [sid]
    assert state(stage.hass, "sensor.recording_1_from") == "+15550100"
    activity = stage.hass.states.get("event.corner_shop_recording_activity")
    assert activity is not None
    assert (activity.attributes["event_type"], activity.attributes["slot"]) == ("started", 1)
    assert [delivery.status for delivery in stage.simulator.callbacks.deliveries] == [200]


async def test_it_is_polled_fast_from_then_on(stage: Stage) -> None:
    coordinator = stage.entry.runtime_data
    assert coordinator.update_interval == timedelta(seconds=20)
    stage.record()
    await until(lambda: state(stage.hass, SWITCH) == "on")
    assert coordinator.update_interval == timedelta(seconds=5)


async def test_a_new_recording_is_paused_at_once_while_call_recording_is_off(
    stage: Stage,
) -> None:
    await stage.hass.services.async_call(
        "switch",
        "turn_off",
        {"entity_id": "switch.corner_shop_call_recording"},
        blocking=True,
    )
    await stage.settled()
    stage.simulator.requests.clear()
    sid = stage.record()
    await until(lambda: stage.simulator.space.recordings[sid].status.value == "paused")
    assert stage.lists == 0


async def test_an_end_is_seen_at_once(stage: Stage) -> None:
    sid = stage.record()
    await until(lambda: state(stage.hass, SWITCH) == "on")
    await stage.settled()
    call_sid = stage.simulator.space.recordings[sid].call_sid
    assert call_sid is not None
    stage.simulator.space.hang_up(call_sid)
    await until(lambda: state(stage.hass, SWITCH) == "unavailable")
    await stage.settled()
    assert stage.reads == [sid, sid]


async def test_the_failure_of_a_conferences_recording_is_seen_at_once(stage: Stage) -> None:
    space = stage.simulator.space
    conference = space.start_conference()
    sid = space.start_recording(
        conference_sid=conference.sid,
        callback_url=stage.address,
        callback_events=("in-progress", "completed", "failed"),
    ).sid
    await until(lambda: state(stage.hass, SWITCH) == "on")
    await stage.settled()
    space.fails = True
    space.end_conference(conference.sid)
    await until(lambda: state(stage.hass, SWITCH) == "unavailable")
    await stage.settled()
    assert stage.reads == [sid, sid]


async def test_the_options_show_an_example_with_the_events_that_belong_there(
    stage: Stage,
) -> None:
    options = stage.hass.config_entries.options
    menu = await options.async_init(stage.entry.entry_id)
    form = await options.async_configure(menu["flow_id"], {"next_step_id": "webhook"})
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    example = placeholders["example"]
    assert example.count(stage.address) == 3
    assert example.count('"in-progress completed absent"') == 2
    conference = example.partition("<Conference")[2]
    assert conference.endswith('recordingStatusCallbackEvent="in-progress completed failed">')


def test_the_documents_examples_ask_for_the_events_that_belong_there() -> None:
    # SignalWire's documentation of <Dial>, <Record> and <Conference>.
    events = {"Dial": "absent", "Record": "absent", "Conference": "failed"}
    text = (Path(__file__).parents[2] / "docs" / "webhook.md").read_text(encoding="utf-8")
    example = text.partition("```xml")[2].partition("```")[0]
    asking = [
        element
        for element in fromstring(f"<Response>{example}</Response>").iter()  # noqa: S314 (our own)
        if element.get("recordingStatusCallbackEvent")
    ]
    assert {element.tag for element in asking} == events.keys()
    for element in asking:
        asked = (element.get("recordingStatusCallbackEvent") or "").split()
        assert asked == ["in-progress", "completed", events[element.tag]]


async def test_ten_callbacks_for_one_recording_cost_one_read(stage: Stage) -> None:
    stage.simulator.settings.callback_copies = 10
    stage.simulator.faults.add(Fault(path="/Recordings/", delay=0.2, times=1))
    sid = stage.record()
    await until(lambda: len(stage.simulator.callbacks.deliveries) == 10)
    await until(lambda: state(stage.hass, SWITCH) == "on")
    await stage.settled()
    assert stage.reads == [sid]


async def test_an_end_that_is_told_while_the_start_is_being_read_is_read_as_well(
    stage: Stage,
) -> None:
    # As if the service did not know it yet.
    stage.simulator.faults.add(Fault(path="/Recordings/", delay=0.3, status=404, times=1))
    sid = stage.record()
    await until(lambda: bool(stage.reads))
    call_sid = stage.simulator.space.recordings[sid].call_sid
    assert call_sid is not None
    stage.simulator.space.hang_up(call_sid)
    await until(lambda: len(stage.reads) == 2)
    await stage.settled()
    assert stage.reads == [sid, sid]


async def test_a_recording_that_no_list_shows_takes_a_slot_and_keeps_it(stage: Stage) -> None:
    stage.simulator.faults.add(
        Fault(path=r"/Recordings\.json", status=200, body='{"recordings": []}')
    )
    stage.record()
    await until(lambda: state(stage.hass, SWITCH) == "on")
    await stage.settled()
    await refresh(stage.hass, stage.entry)
    await refresh(stage.hass, stage.entry)
    assert state(stage.hass, SWITCH) == "on"


async def test_what_a_callback_claims_is_not_believed(stage: Stage) -> None:
    sid = stage.record()
    await until(lambda: state(stage.hass, SWITCH) == "on")
    await stage.settled()
    assert await stage.send({"RecordingSid": sid, "RecordingStatus": "completed"}) == 200
    await stage.settled()
    assert stage.reads == [sid, sid]
    assert state(stage.hass, SWITCH) == "on"


async def test_a_replayed_callback_costs_nothing(stage: Stage) -> None:
    sid = stage.record()
    await until(lambda: state(stage.hass, SWITCH) == "on")
    fields = {"RecordingSid": sid, "RecordingStatus": "in-progress"}
    for _ in range(20):
        assert await stage.send(fields) == 200
    call_sid = stage.simulator.space.recordings[sid].call_sid
    assert call_sid is not None
    stage.simulator.space.hang_up(call_sid)
    await until(lambda: state(stage.hass, SWITCH) == "unavailable")
    for _ in range(20):
        assert await stage.send(fields) == 200
    await stage.settled()
    assert stage.reads == [sid, sid]
    assert state(stage.hass, SWITCH) == "unavailable"


async def test_another_accounts_callback_costs_nothing(stage: Stage) -> None:
    fields = {"AccountSid": UNKNOWN.format(9), "RecordingSid": UNKNOWN.format(1)}
    assert await stage.send(fields) == 200
    await stage.settled()
    assert stage.reads == []


async def test_a_recording_that_the_project_does_not_have_changes_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callback_reader, "_NOT_FOUND_WAITS", (0.01, 0.01))
    fields = {"AccountSid": PROJECT_ID.upper(), "RecordingSid": UNKNOWN.format(1)}
    before = stage.hass.states.async_all()
    assert await stage.send(fields) == 200
    await stage.settled()
    assert stage.reads == [UNKNOWN.format(1)] * 3
    assert stage.hass.states.async_all() == before


@pytest.mark.parametrize("fields", [{}, {"RecordingSid": ""}, {"RecordingSid": "../Calls"}])
async def test_a_genuine_callback_that_names_no_recording_is_turned_away(
    stage: Stage, fields: dict[str, str]
) -> None:
    assert await stage.send({"AccountSid": PROJECT_ID, **fields}) == 400
    await stage.settled()
    assert not stage.reads
    assert stage.entry.runtime_data.webhook.counts.unusable == 1


async def test_empty_fields_are_part_of_what_is_signed(stage: Stage) -> None:
    fields = {
        "RecordingSid": UNKNOWN.format(1),
        "RecordingStatus": "completed",
        "CallSid": "",
    }
    assert await stage.send(fields) == 200
    await stage.settled()
    assert stage.reads == [UNKNOWN.format(1)]


async def test_a_recording_that_cannot_be_read_is_left_to_the_next_refresh(stage: Stage) -> None:
    stage.simulator.faults.add(Fault(method="GET", path=r"/Recordings/", status=403, body="{}"))
    sid = stage.record()
    await until(lambda: stage.reads == [sid])
    await stage.settled()
    assert state(stage.hass, SWITCH) == "unavailable"
    await refresh(stage.hass, stage.entry)
    assert state(stage.hass, SWITCH) == "on"


@pytest.mark.parametrize("signature", ["", "forged", "ä"])
async def test_a_forged_callback_is_refused(stage: Stage, signature: str) -> None:
    sid = call_with_recording(stage.simulator).sid
    assert (
        await stage.send({"RecordingSid": sid, "RecordingStatus": "in-progress"}, signature) == 403
    )
    async with stage.session.get(f"{stage.address}?RecordingSid={sid}") as response:
        assert response.status == 403
    async with stage.session.post(stage.address, json={"RecordingSid": sid}) as response:
        assert response.status == 403
    await stage.settled()
    assert stage.reads == []
    assert stage.entry.runtime_data.webhook.counts.refused == 3


@pytest.mark.parametrize(
    ("method", "body", "content_type", "status"),
    [
        ("PUT", b"", FORM, 405),
        ("POST", b"x" * (MAX_BODY + 1), FORM, 413),
        ("POST", b"", FORM, 403),
        ("POST", b"<xml/>", "text/xml", 400),
        ("POST", b"[1]", "application/json", 400),
        ("POST", b'{"RecordingSid"', "application/json", 400),
        ("POST", b"\xff\xfe=%ff", FORM, 403),
    ],
    ids=["method", "size", "empty", "type", "list", "cut", "bytes"],
)
async def test_what_is_no_callback_is_turned_away_cheaply(
    stage: Stage,
    method: str,
    body: bytes,
    content_type: str,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with stage.session.request(
        method, stage.address, data=body, headers={"Content-Type": content_type}
    ) as response:
        assert response.status == status
        assert await response.read() == b""
    await stage.settled()
    assert not stage.simulator.requests
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


async def test_an_endless_body_is_not_read_to_its_end(stage: Stage) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * MAX_BODY:
            sent += 1024
            yield b"x" * 1024

    async with stage.session.post(
        stage.address, data=endless(), headers={"Content-Type": FORM}
    ) as response:
        assert response.status == 413


async def test_a_body_that_never_comes_is_not_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.signalwire.webhook.endpoint._ANSWER_TIMEOUT", 0.05)
    answered = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"Recording"
        await answered.wait()

    async with stage.session.post(
        stage.address, data=stuck(), headers={"Content-Type": FORM}
    ) as response:
        assert response.status == 408
        answered.set()


async def test_a_storm_changes_no_state_and_costs_no_more_reads_than_the_bound(
    stage: Stage, figures: list[str]
) -> None:
    sid = stage.record()
    await until(lambda: state(stage.hass, SWITCH) == "on")
    await stage.settled()
    genuine = {"RecordingSid": sid, "RecordingStatus": "in-progress"}
    before = _shown(stage.hass)
    storm = dict.fromkeys(("forged", "replayed", "oversized", "mistyped", "unknown"), 500)

    async def send(kind: str, number: int) -> None:
        match kind:
            case "forged":
                assert await stage.send({"RecordingSid": UNKNOWN.format(1)}, "forged") == 403
            case "replayed":
                assert await stage.send(genuine) == 200
            case "oversized":
                status = await stage.send({"RecordingSid": "x" * MAX_BODY}, "forged")
                assert status == 413
            case "mistyped":
                async with stage.session.post(stage.address, data=b"{", headers=JSON) as response:
                    assert response.status == 400
            case "unknown":
                # Genuine, each about another recording, which there is not.
                fields = {"RecordingSid": f"00000000-0000-4000-8000-{number:012}"}
                assert await stage.send(fields) == 200

    for kind, count in storm.items():
        stage.simulator.requests.clear()
        begin = stage.hass.loop.time()
        for number in range(count):
            await send(kind, number)
        seconds = stage.hass.loop.time() - begin
        reads, lists = len(stage.reads), stage.lists
        figures.append(f"{kind}: {count} in {seconds:.2f} s, reads: {reads}, refreshes: {lists}")
        if kind == "unknown":
            assert 0 < reads <= MAX_READS_PER_SECOND * (seconds + 1)
            # What is too much to be read singly is left to refreshes, two a second at most.
            assert lists <= 2 * (seconds + 1)
        else:
            assert reads == 0
            assert lists <= 1 + seconds / 5
        assert _shown(stage.hass) == before


def _shown(hass: HomeAssistant) -> dict[str, str]:
    """Return every state but the duration, which grows with each refresh."""
    return {
        state.entity_id: state.state
        for state in hass.states.async_all()
        if not state.entity_id.endswith("_duration")
    }


async def test_a_callback_that_comes_while_the_service_is_away_starts_a_refresh_when_it_is_back(
    stage: Stage,
) -> None:
    stage.simulator.faults.add(Fault(status=503))
    await refresh(stage.hass, stage.entry)
    assert not stage.entry.runtime_data.last_update_success
    stage.simulator.faults.clear()
    call_with_recording(stage.simulator)
    stage.record()
    await until(lambda: stage.hass.states.get("switch.recording_2") is not None)
    assert stage.entry.runtime_data.last_update_success


async def test_a_key_that_was_changed_is_read_again_but_not_for_every_forgery(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def accounts() -> int:
        return sum(
            request.path.endswith(f"/Accounts/{PROJECT_ID}.json")
            for request in stage.simulator.requests
        )

    stage.simulator.settings.signing_key = "PSK_another"
    stage.record()
    await until(lambda: len(stage.simulator.callbacks.deliveries) == 1)
    assert stage.simulator.callbacks.deliveries[0].status == 403
    assert accounts() == 0
    monkeypatch.setattr("custom_components.signalwire.webhook.signing_key._LEAST_BETWEEN_READS", 0)
    stage.record()
    await until(lambda: len(stage.simulator.callbacks.deliveries) == 2)
    assert stage.simulator.callbacks.deliveries[1].status == 200
    assert accounts() == 1
    monkeypatch.undo()
    for _ in range(50):
        assert await stage.send({"RecordingSid": UNKNOWN.format(1)}, "forged") == 403
    assert accounts() == 1


async def test_a_key_that_was_entered_is_used_alone(
    stage: Stage,
) -> None:
    stage.simulator.settings.show_signing_key = False
    stage.hass.config_entries.async_update_entry(
        stage.entry, options={"signing_key": "PSK_entered"}
    )
    await restart(stage.hass, stage.entry)
    assert not [
        request
        for request in stage.simulator.requests
        if request.path.endswith(f"/Accounts/{PROJECT_ID}.json")
    ]
    assert await stage.send({"RecordingSid": UNKNOWN.format(1)}) == 403
    stage.simulator.settings.signing_key = "PSK_entered"
    assert await stage.send({"RecordingSid": UNKNOWN.format(1)}) == 200


async def test_signatures_can_be_left_unchecked(stage: Stage) -> None:
    stage.hass.config_entries.async_update_entry(stage.entry, options={"verify_signature": False})
    await restart(stage.hass, stage.entry)
    sid = stage.simulator.space.start_recording(call_sid=stage.simulator.space.start_call().sid).sid
    assert await stage.send({"RecordingSid": sid}, "whatever") == 200
    await until(lambda: state(stage.hass, SWITCH) == "on")


@pytest.mark.parametrize(
    ("key_is_known", "issue"), [(True, "webhook_refused"), (False, "webhook_without_key")]
)
async def test_refusals_that_go_on_are_told_once_and_taken_back(
    stage: Stage, freezer_to: Callable[[timedelta], None], *, key_is_known: bool, issue: str
) -> None:
    if not key_is_known:
        stage.simulator.settings.show_signing_key = False
        await restart(stage.hass, stage.entry)
    registry = ir.async_get(stage.hass)

    def issues() -> list[str | None]:
        return [issue.translation_key for issue in registry.issues.values()]

    forged = {"RecordingSid": UNKNOWN.format(1)}
    for minutes in (0, 5):
        freezer_to(timedelta(minutes=minutes))
        assert await stage.send(forged, "forged") == 403
        assert issues() == []
    freezer_to(timedelta(minutes=11))
    assert await stage.send(forged, "forged") == 403
    assert issues() == [issue]
    # Everybody sees issues; the secret part of the address is for the options.
    assert stage.entry.data["webhook_id"] not in str(registry.issues)
    if key_is_known:
        assert await stage.send(forged) == 200
        assert issues() == []
    else:
        await stage.hass.config_entries.async_unload(stage.entry.entry_id)
        assert issues() == []


@pytest.fixture
def freezer_to(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Return what moves the webhook's clock on, and no other."""
    begin = dt_util.utcnow()

    def move(by: timedelta) -> None:
        monkeypatch.setattr(
            "custom_components.signalwire.webhook.endpoint.dt_util.utcnow", lambda: begin + by
        )

    return move


async def test_a_callback_through_the_cloud_is_checked_against_the_clouds_address(
    stage: Stage,
) -> None:
    address = "https://hooks.nabu.casa/abc"
    stage.hass.config_entries.async_update_entry(
        stage.entry, data={**stage.entry.data, "cloudhook_url": address}
    )
    sid = stage.simulator.space.start_recording(call_sid=stage.simulator.space.start_call().sid).sid
    signature = sign_form(stage.simulator.settings.signing_key, address, {"RecordingSid": sid})
    request = MockRequest(
        content=f"RecordingSid={sid}".encode(),
        mock_source="cloud",
        method="POST",
        headers={"Content-Type": FORM, "X-SignalWire-Signature": signature},
    )
    response = await async_handle_webhook(stage.hass, stage.entry.data["webhook_id"], request)
    assert response.status == 200
    await until(lambda: state(stage.hass, SWITCH) == "on")


async def test_unload_takes_the_webhook_away(stage: Stage) -> None:
    assert await stage.hass.config_entries.async_unload(stage.entry.entry_id)
    sid = stage.record()
    await until(lambda: len(stage.simulator.callbacks.deliveries) == 1)
    # Home Assistant does not tell strangers whether a webhook exists.
    assert stage.simulator.callbacks.deliveries[0].status == 200
    await stage.settled()
    assert sid not in stage.reads


async def test_no_secret_is_logged_or_shown(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "custom_components.signalwire")
    key = stage.simulator.settings.signing_key
    sid = stage.record()
    await until(lambda: state(stage.hass, SWITCH) == "on")
    await stage.send({"RecordingSid": UNKNOWN.format(1)}, "forged")
    await stage.settled()
    states = json.dumps([state.as_dict() for state in stage.hass.states.async_all()], default=str)
    for text in (caplog.text, states):
        assert key not in text
        assert f"/Recordings/{sid}" not in text
    assert key not in repr(await stage.entry.runtime_data.project.client.get_account())


@pytest.fixture
def cloud(hass: HomeAssistant) -> Iterator[MagicMock]:
    """Return Home Assistant Cloud with a subscription, as far as webhooks see it."""
    hass.config.components.add("cloud")
    with (
        patch("homeassistant.components.cloud.async_active_subscription", return_value=True),
        patch("homeassistant.components.cloud.async_get_or_create_cloudhook") as create,
        patch("homeassistant.components.cloud.async_delete_cloudhook") as delete,
    ):
        create.return_value = "https://hooks.nabu.casa/abc"
        yield MagicMock(create=create, delete=delete)


async def test_the_clouds_address_comes_first_and_is_given_back(
    hass: HomeAssistant, loaded: MockConfigEntry, cloud: MagicMock
) -> None:
    hass.config.external_url = "https://home.example.org"
    assert await async_webhook_address(hass, loaded) == "https://hooks.nabu.casa/abc"
    cloud.create.assert_awaited_once_with(hass, loaded.data["webhook_id"])
    # While it is away, the address stays what it was.
    cloud.create.side_effect = CloudNotAvailable
    assert await async_webhook_address(hass, loaded) == "https://hooks.nabu.casa/abc"
    await hass.config_entries.async_remove(loaded.entry_id)
    cloud.delete.assert_awaited_once_with(hass, loaded.data["webhook_id"])


@pytest.mark.parametrize("error", [CloudError("x"), TimeoutError(), ValueError("not connected")])
async def test_whatever_the_cloud_raises_costs_the_callbacks_alone(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    simulator: Simulator,
    cloud: MagicMock,
    error: Exception,
) -> None:
    cloud.create.side_effect = cloud.delete.side_effect = error
    call = simulator.space.start_call()
    data = {"call_sid": call.sid}
    await hass.services.async_call("signalwire", "start_recording", data, blocking=True)
    assert len(simulator.space.recordings) == 1
    hass.config_entries.async_update_entry(
        loaded, data={**loaded.data, "cloudhook_url": "https://hooks.nabu.casa/abc"}
    )
    await hass.config_entries.async_remove(loaded.entry_id)
    cloud.delete.assert_awaited_once()


async def test_a_callback_that_comes_while_the_key_is_being_read_waits_for_it(
    stage: Stage,
) -> None:
    await stage.hass.config_entries.async_unload(stage.entry.entry_id)
    stage.simulator.faults.add(Fault(path=r"/Accounts/[^/]+\.json", delay=0.3, times=1))
    assert await stage.hass.config_entries.async_setup(stage.entry.entry_id)
    assert await stage.send({"RecordingSid": UNKNOWN.format(1)}) == 200


async def test_a_cloud_that_is_away_leaves_the_external_address(
    hass: HomeAssistant, loaded: MockConfigEntry, cloud: MagicMock
) -> None:
    hass.config.external_url = "https://home.example.org"
    cloud.create.side_effect = CloudNotAvailable
    address = await async_webhook_address(hass, loaded)
    assert address == f"https://home.example.org/api/webhook/{loaded.data['webhook_id']}"
    await hass.config_entries.async_remove(loaded.entry_id)
    cloud.delete.assert_not_awaited()


async def test_the_webhook_outlives_a_restart_at_the_same_address(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    before = loaded.data["webhook_id"]
    await restart(hass, loaded)
    assert loaded.data["webhook_id"] == before

"""Set-up, re-authentication, reconfiguration and options, as a person goes through them."""

from collections.abc import Callable
from datetime import timedelta
import json
from types import MappingProxyType

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntryState,
    ConfigFlowResult,
    ConfigSubentry,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire.api import RetryPolicy
from simulator import Fault, Simulator
from tests.helpers import PROJECT_ID, TITLE, TOKEN, call_with_recording, entry_data, second_page

OTHER_PROJECT_ID = "00000000-0000-4000-8000-000000000001"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "custom_components.signalwire.config_flow._VALIDATION_RETRIES",
        RetryPolicy(attempts=2, total=2, attempt=0.3, first_wait=0.01),
    )


async def _options(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> ConfigFlowResult:
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["type"] is FlowResultType.MENU
    return await hass.config_entries.options.async_configure(
        result["flow_id"], {"next_step_id": step}
    )


async def _start(hass: HomeAssistant) -> str:
    result = await hass.config_entries.flow.async_init(
        "signalwire", context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    assert result["errors"] == {}
    return result["flow_id"]


async def test_a_project_is_set_up_and_named_after_its_account(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    flow_id = await _start(hass)
    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == TITLE
    assert result["data"] == entry_data(simulator)
    assert result["result"].unique_id == PROJECT_ID
    assert result["result"].state is ConfigEntryState.LOADED


async def test_a_project_is_set_up_though_its_newest_recording_cannot_be_read(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    page = {
        "recordings": [{"sid": "a", "status": None}],
        "next_page_uri": second_page(simulator),
    }
    simulator.faults.add(Fault(path="/Recordings.json", status=200, body=json.dumps(page), times=1))
    flow_id = await _start(hass)
    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_what_was_typed_is_stored_in_one_form(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    flow_id = await _start(hass)
    typed = {
        "space": f"  {simulator.url}/ ",
        "project_id": f" {PROJECT_ID.upper()} ",
        "api_token": f" {TOKEN}\n",
    }
    result = await hass.config_entries.flow.async_configure(flow_id, typed)
    assert result["data"] == entry_data(simulator)


async def test_a_token_for_voice_alone_will_do(hass: HomeAssistant, simulator: Simulator) -> None:
    simulator.settings.scopes = {"voice"}
    flow_id = await _start(hass)
    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "127.0.0.1"


def _wrong_token(simulator: Simulator) -> None:
    simulator.settings.token = "another"


def _no_voice(simulator: Simulator) -> None:
    simulator.settings.scopes = {"management"}


def _fault(fault: Fault) -> Callable[[Simulator], None]:
    return lambda simulator: simulator.faults.add(fault)


ERRORS = [
    pytest.param(_wrong_token, {"base": "invalid_auth"}, id="refused login"),
    pytest.param(_no_voice, {"base": "missing_scope"}, id="missing scope"),
    pytest.param(_fault(Fault(drop=True)), {"base": "cannot_connect"}, id="no answer"),
    pytest.param(_fault(Fault(delay=9)), {"base": "cannot_connect"}, id="slow"),
    pytest.param(_fault(Fault(status=503)), {"base": "cannot_connect"}, id="unavailable"),
    pytest.param(_fault(Fault(status=429)), {"base": "rate_limited"}, id="too often"),
    pytest.param(
        _fault(Fault(status=200, body="<html>")), {"space": "not_signalwire"}, id="other page"
    ),
    pytest.param(
        _fault(Fault(status=404, body="<html>")), {"space": "not_signalwire"}, id="no such page"
    ),
    pytest.param(
        _fault(Fault(status=302, headers={"Location": "https://example.org/"})),
        {"space": "not_signalwire"},
        id="redirect",
    ),
    pytest.param(
        _fault(Fault(status=400, body='{"code": 20001, "message": "No"}')),
        {"base": "rejected"},
        id="rejected",
    ),
]


@pytest.mark.parametrize(("break_it", "errors"), ERRORS)
async def test_every_error_is_told_apart_and_can_be_mended(
    hass: HomeAssistant,
    simulator: Simulator,
    break_it: Callable[[Simulator], None],
    errors: dict[str, str],
) -> None:
    flow_id = await _start(hass)
    break_it(simulator)
    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(simulator))
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors

    simulator.faults.clear()
    simulator.settings.token, simulator.settings.scopes = TOKEN, {"voice", "management"}
    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(simulator))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"space": "two words"}, {"space": "invalid_space"}),
        ({"space": "http://gateway.example.org"}, {"space": "invalid_space"}),
        ({"project_id": "my project"}, {"project_id": "invalid_project_id"}),
        ({"api_token": "  "}, {"api_token": "missing_token"}),
        (
            {"space": "", "project_id": "", "api_token": ""},
            {
                "space": "invalid_space",
                "project_id": "invalid_project_id",
                "api_token": "missing_token",
            },
        ),
    ],
)
async def test_every_field_says_what_is_wrong_with_it(
    hass: HomeAssistant, simulator: Simulator, typed: dict[str, str], errors: dict[str, str]
) -> None:
    flow_id = await _start(hass)
    result = await hass.config_entries.flow.async_configure(
        flow_id, {**entry_data(simulator), **typed}
    )
    assert result["errors"] == errors
    assert not simulator.requests


@pytest.mark.usefixtures("no_such_host")
async def test_a_host_that_does_not_exist_is_told_apart(
    hass: HomeAssistant, simulator: Simulator
) -> None:
    flow_id = await _start(hass)
    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(simulator))
    assert result["errors"] == {"space": "host_not_found"}


async def test_a_project_is_set_up_only_once(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    flow_id = await _start(hass)
    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(simulator))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_a_refused_token_starts_reauthentication_and_a_new_one_ends_it(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.settings.token = "a-new-one"
    await loaded.runtime_data.async_refresh()
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"

    result = await hass.config_entries.flow.async_configure(flow["flow_id"], {"api_token": " "})
    assert result["errors"] == {"api_token": "missing_token"}
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"api_token": "still wrong"}
    )
    assert result["errors"] == {"base": "invalid_auth"}
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"api_token": "a-new-one"}
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert loaded.data["api_token"] == "a-new-one"
    assert loaded.state is ConfigEntryState.LOADED
    assert loaded.runtime_data.last_update_success


async def test_a_token_refused_at_start_starts_reauthentication(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.settings.token = "a-new-one"
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"


async def test_address_and_token_can_be_changed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.settings.token = "a-new-one"
    result = await loaded.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    schema = result["data_schema"]
    assert schema is not None
    suggested = {str(key): (key.description or {}).get("suggested_value") for key in schema.schema}
    assert suggested == {"space": simulator.url, "project_id": PROJECT_ID, "api_token": None}

    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {**entry_data(simulator), "api_token": "a-new-one"}
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert loaded.data["api_token"] == "a-new-one"


async def test_another_project_is_refused_and_nothing_is_lost(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    before = loaded.data
    result = await loaded.start_reconfigure_flow(hass)
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {**entry_data(simulator), "project_id": OTHER_PROJECT_ID}
    )
    assert result["errors"] == {"project_id": "wrong_project"}
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {**entry_data(simulator), "space": "two words"}
    )
    assert result["errors"] == {"space": "invalid_space"}
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {**entry_data(simulator), "api_token": "wrong"}
    )
    assert result["errors"] == {"base": "invalid_auth"}
    assert loaded.data == before


async def test_options_are_whole_numbers_and_take_effect_at_once(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    result = await _options(hass, loaded, "settings")
    assert result["type"] is FlowResultType.FORM
    before = loaded.runtime_data
    result = await hass.config_entries.options.async_configure(
        result["flow_id"],
        {
            "active_interval": 2.0,
            "idle_interval": 60.0,
            "held_interval": 2.0,
            "look_back": 48.0,
            "most_slots": 4.0,
            "auto_release": 10.0,
        },
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert loaded.options == {
        "active_interval": 2,
        "idle_interval": 60,
        "held_interval": 2,
        "look_back": 48,
        "most_slots": 4,
        "auto_release": 10,
    }
    assert all(isinstance(value, int) for value in loaded.options.values())
    await hass.async_block_till_done(wait_background_tasks=True)
    assert loaded.runtime_data is not before
    assert loaded.runtime_data.update_interval.total_seconds() == 60


async def test_the_webhooks_address_is_shown_with_examples_and_not_stored(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    hass.config.external_url = "https://home.example.org"
    result = await _options(hass, loaded, "webhook")
    assert result["step_id"] == "webhook"
    address = f"https://home.example.org/api/webhook/{loaded.data['webhook_id']}"
    assert result["data_schema"] is not None
    assert result["data_schema"]({})["address"] == address
    assert result["description_placeholders"] is not None
    example = result["description_placeholders"]["example"]
    assert example.count(f'"{address}"') == 3
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"address": address, "verify_signature": False}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert loaded.options == {"verify_signature": False}
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_the_signing_key_is_kept_and_never_shown(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    hass.config.external_url = "https://home.example.org"
    hass.config_entries.async_update_entry(loaded, options={"look_back": 48})
    for entered, kept in ((" PSK_1 ", "PSK_1"), ("  ", "PSK_1"), ("PSK_2", "PSK_2")):
        result = await _options(hass, loaded, "webhook")
        assert "PSK" not in str(result)
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {"verify_signature": True, "signing_key": entered}
        )
        assert loaded.options == {"look_back": 48, "verify_signature": True, "signing_key": kept}
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize(("entered", "kept"), [("", {}), ("PSK_2", {"signing_key": "PSK_2"})])
async def test_a_signing_key_that_was_entered_can_be_forgotten_and_a_new_one_counts(
    hass: HomeAssistant, loaded: MockConfigEntry, entered: str, kept: dict[str, str]
) -> None:
    hass.config.external_url = "https://home.example.org"
    result = await _options(hass, loaded, "webhook")
    assert result["data_schema"] is not None
    assert "forget_signing_key" not in result["data_schema"]({})
    hass.config_entries.async_update_entry(
        loaded, options={"look_back": 48, "signing_key": "PSK_1"}
    )
    result = await _options(hass, loaded, "webhook")
    await hass.config_entries.options.async_configure(
        result["flow_id"],
        {"verify_signature": True, "forget_signing_key": True, "signing_key": entered},
    )
    assert loaded.options == {"look_back": 48, "verify_signature": True, **kept}
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_without_an_external_address_it_says_what_to_do_and_looks_again(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    result = await _options(hass, loaded, "webhook")
    assert result["step_id"] == "webhook_unreachable"
    result = await hass.config_entries.options.async_configure(result["flow_id"], {})
    assert result["step_id"] == "webhook_unreachable"
    hass.config.external_url = "https://home.example.org"
    result = await hass.config_entries.options.async_configure(result["flow_id"], {})
    assert result["step_id"] == "webhook"


async def _ask_to_delete(
    hass: HomeAssistant, entry: MockConfigEntry, days: float
) -> ConfigFlowResult:
    result = await _options(hass, entry, "retention")
    return await hass.config_entries.options.async_configure(
        result["flow_id"], {"retention_days": days, "deletions_a_day": 50.0}
    )


async def test_retention_shows_how_much_would_go_and_has_the_number_typed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    for days in (31, 32, 40, 29):
        simulator.space.add_recordings(count=1, age=days * 86400)
    result = await _ask_to_delete(hass, loaded, 30.0)
    assert result["step_id"] == "retention_confirm"
    shown = result["description_placeholders"]
    assert shown is not None
    first, last = (dt_util.now() - timedelta(days=days) for days in (40, 31))
    assert shown == {
        "number": "3",
        "first": first.date().isoformat(),
        "last": last.date().isoformat(),
        "a_day": "50",
    }
    for typed in ("4", "", "yes", "-3"):
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {"number": typed}
        )
        assert result["errors"] == {"number": "wrong_number"}
        assert loaded.options == {}
    assert not [request for request in simulator.requests if request.method == "DELETE"]
    result = await hass.config_entries.options.async_configure(result["flow_id"], {"number": " 3 "})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert loaded.options["retention_days"] == 30
    assert loaded.options["deletions_a_day"] == 50
    await hass.async_block_till_done()
    assert loaded.runtime_data.project.settings.is_retention_confirmed
    result = await _ask_to_delete(hass, loaded, 0.0)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert (loaded.options["retention_days"], loaded.options["deletions_a_day"]) == (0, 50)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_where_nothing_is_old_enough_that_is_to_be_typed_too(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    result = await _ask_to_delete(hass, loaded, 30.0)
    assert result["description_placeholders"] is not None
    assert result["description_placeholders"]["number"] == "0"
    assert result["description_placeholders"]["first"] == "-"
    result = await hass.config_entries.options.async_configure(result["flow_id"], {"number": "0"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_line_that_is_changed_while_a_person_looks_at_the_number_is_not_confirmed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.space.add_recordings(count=1, age=20 * 86400)
    result = await _ask_to_delete(hass, loaded, 30.0)
    line = ConfigSubentry(
        data=MappingProxyType({"addresses": ["+15550101"], "retention_days": 10}),
        subentry_type="line",
        title="Desk",
        unique_id=None,
    )
    hass.config_entries.async_add_subentry(loaded, line)
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.options.async_configure(result["flow_id"], {"number": "0"})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not loaded.runtime_data.project.settings.is_retention_confirmed
    assert not [request for request in simulator.requests if request.method == "DELETE"]


async def test_what_cannot_be_counted_cannot_be_confirmed(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(Fault(path="/Recordings", status=400))
    result = await _ask_to_delete(hass, loaded, 30.0)
    assert result["errors"] == {"base": "not_counted"}
    simulator.faults.clear()
    assert await hass.config_entries.async_unload(loaded.entry_id)
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"retention_days": 30.0, "deletions_a_day": 50.0}
    )
    assert result["errors"] == {"base": "not_ready"}
    assert loaded.options == {}

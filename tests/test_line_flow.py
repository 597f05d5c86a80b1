"""Adding and changing a line, as a person goes through it."""

from collections.abc import Sequence
from typing import Any

from homeassistant.config_entries import SOURCE_USER, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire.api import RetryPolicy
from simulator import Fault, Simulator
from tests.helpers import FRONT_DESK, OFFICE, call_with_recording, settle, state

pytestmark = pytest.mark.usefixtures("unloaded_in_the_end")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "custom_components.signalwire.line_flow._OFFERS_RETRIES",
        RetryPolicy(attempts=1, total=0.3, attempt=0.3),
    )


async def start(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    """Begin to add a line."""
    result = await hass.config_entries.subentries.async_init(
        (entry.entry_id, "line"), context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.FORM
    return result


async def submit(
    hass: HomeAssistant, result: SubentryFlowResult, name: str, addresses: Sequence[str]
) -> SubentryFlowResult:
    """Fill in the form."""
    result = await hass.config_entries.subentries.async_configure(
        result["flow_id"], {"name": name, "addresses": list(addresses)}
    )
    await settle(hass)
    return result


def offered(result: SubentryFlowResult) -> dict[str, str]:
    """Return what can be chosen, with its labels."""
    schema = result["data_schema"]
    assert schema is not None
    selector: Any = next(value for key, value in schema.schema.items() if key == "addresses")
    return {option["value"]: option["label"] for option in selector.config["options"]}


async def test_a_line_is_added_and_appears_at_once(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    result = await submit(hass, await start(hass, loaded), "  Front   desk ", ["+1 (201) 555-0142"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (line,) = loaded.subentries.values()
    assert (line.title, line.data) == ("Front desk", {"addresses": ["+12015550142"]})
    assert state(hass, "switch.front_desk_call_recording") == "on"
    assert state(hass, "sensor.front_desk_state") == "idle"


async def test_a_line_can_keep_its_recordings_for_days_of_its_own(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    result = await start(hass, loaded)
    await hass.config_entries.subentries.async_configure(
        result["flow_id"],
        {"name": "Desk", "addresses": ["+12015550142"], "retention_days": 10.0},
    )
    await settle(hass)
    (line,) = loaded.subentries.values()
    assert line.data == {"addresses": ["+12015550142"], "retention_days": 10}
    # Until a person has seen what that would delete.
    issues = ir.async_get(hass)
    issue_id = f"retention_unconfirmed_{loaded.entry_id}"
    assert issues.async_get_issue("signalwire", issue_id) is not None
    result = await loaded.start_subentry_reconfigure_flow(hass, line.subentry_id)
    assert result["data_schema"] is not None
    await submit(hass, result, "Desk", ["+12015550142"])
    (line,) = loaded.subentries.values()
    assert line.data == {"addresses": ["+12015550142"]}
    assert issues.async_get_issue("signalwire", issue_id) is None


async def test_the_projects_numbers_and_the_latest_calls_are_offered(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.space.add_phone_number("+15550110", "Shop")
    simulator.space.add_phone_number("+15550120")
    call_with_recording(simulator, from_number="+15550190", to_number="sip:desk@example.com")
    assert offered(await start(hass, loaded)) == {
        "+15550120": "+15550120",
        "+15550110": "+15550110 (Shop)",
        "+15550190": "+15550190",
        "sip:desk@example.com": "sip:desk@example.com",
    }


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(delay=5), Fault(status=403)])
async def test_a_line_is_added_though_nothing_can_be_offered(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, fault: Fault
) -> None:
    simulator.faults.add(fault)
    result = await start(hass, loaded)
    assert offered(result) == {}
    simulator.faults.clear()
    result = await submit(hass, result, "Front desk", ["+12015550110"])
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("lines")
@pytest.mark.parametrize(
    ("name", "addresses", "errors", "placeholders"),
    [
        (" ", ["+12015550199"], {"name": "invalid_name"}, {}),
        ("x" * 101, ["+12015550199"], {"name": "invalid_name"}, {}),
        ("FRONT DESK", ["+12015550199"], {"name": "name_taken"}, {}),
        ("Till", [], {"addresses": "no_address"}, {}),
        ("Till", ["+1555"], {"addresses": "invalid_address"}, {"address": "+1555"}),
        ("Till", ["  "], {"addresses": "invalid_address"}, {"address": "  "}),
        ("Till", ["a" * 256], {"addresses": "invalid_address"}, {"address": "a" * 256}),
        (
            "Till",
            ["sip:DESK@shop.example.com:5060"],
            {"addresses": "address_taken"},
            {"address": "desk@shop.example.com", "line": "Front desk"},
        ),
        (
            "Office",
            ["MORNING round"],
            {"name": "name_taken", "addresses": "address_taken"},
            {"address": "MORNING round", "line": "Office"},
        ),
    ],
)
async def test_every_field_says_what_is_wrong_with_it_and_can_be_mended(
    hass: HomeAssistant,
    lines: None,
    loaded: MockConfigEntry,
    name: str,
    addresses: list[str],
    errors: dict[str, str],
    placeholders: dict[str, str],
) -> None:
    result = await submit(hass, await start(hass, loaded), name, addresses)
    assert result["type"] is FlowResultType.FORM
    assert (result["errors"], result["description_placeholders"]) == (errors, placeholders)
    result = await submit(hass, result, "Till", ["+12015550199"])
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_one_address_in_two_spellings_is_stored_once(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    hass.config.country = "DE"
    await submit(hass, await start(hass, loaded), "Till", ["030 901820", "+49 30 90 18 20", "101"])
    (line,) = loaded.subentries.values()
    assert line.data == {"addresses": ["+4930901820", "101"]}


@pytest.mark.usefixtures("lines")
async def test_a_line_is_changed_and_keeps_its_entities(
    hass: HomeAssistant, lines: None, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator, to_number="+12015550177")
    result = await loaded.start_subentry_reconfigure_flow(hass, FRONT_DESK)
    assert result["type"] is FlowResultType.FORM
    result = await submit(hass, result, "Reception", ["+12015550177"])
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert state(hass, "sensor.front_desk_state") == "recording"
    device_id = dr.async_get_device_id_by_identifier(
        hass, ("signalwire", FRONT_DESK), config_entry_id=loaded.entry_id
    )
    device = dr.async_get(hass).async_get(device_id)
    assert device is not None
    assert device.name == "Reception"
    # What is its own is not taken by another.
    result = await loaded.start_subentry_reconfigure_flow(hass, FRONT_DESK)
    result = await submit(hass, result, "Reception", ["+12015550177"])
    assert result["type"] is FlowResultType.ABORT
    assert loaded.subentries[OFFICE].title == "Office"


async def test_a_line_that_was_removed_meanwhile_is_not_changed(
    hass: HomeAssistant, lines: None, loaded: MockConfigEntry
) -> None:
    result = await loaded.start_subentry_reconfigure_flow(hass, FRONT_DESK)
    hass.config_entries.async_remove_subentry(loaded, FRONT_DESK)
    result = await submit(hass, result, "Reception", ["+12015550177"])
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "line_removed"
    assert list(loaded.subentries) == [OFFICE]

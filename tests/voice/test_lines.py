"""Lines by voice: by their names, and in the areas where they are."""

from types import MappingProxyType

from homeassistant.components.conversation.agent_manager import get_agent_manager
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.signalwire.voice import Command
from simulator import Fault, Simulator
from tests.helpers import (
    FRONT_DESK,
    MASTER,
    OFFICE,
    call_with_recording,
    refresh,
    state,
    statuses,
    turn,
)
from tests.voice.conftest import IsListenedFor, Say
from tests.voice.phrases import NAMED, NAMED_TIMED, NAMES, PHRASES

FRONT_DESK_SWITCH = "switch.front_desk_call_recording"
OFFICE_SWITCH = "switch.office_call_recording"
DESK_NUMBER = "+15550110"
OFFICE_NUMBER = "+15550120"

PLAIN = {
    "en": ("pause the recording", "resume the recording"),
    "de": ("pausiere die Aufnahme", "setze die Aufnahme fort"),
    "es": ("pausa la grabación", "reanuda la grabación"),
    "fr": ("mets l'enregistrement en pause", "reprends l'enregistrement"),
    "it": ("metti in pausa la registrazione", "riprendi la registrazione"),
    "nl": ("pauzeer de opname", "hervat de opname"),
}
PAUSED = {
    "en": "Front desk: The recording of one call is paused. "
    "Call recording stays paused until it is resumed.",
    "de": "Empfang: Die Aufnahme eines Anrufs ist pausiert. "
    "Die Anrufaufnahme bleibt pausiert, bis sie fortgesetzt wird.",
    "es": "Recepción: La grabación de una llamada está en pausa. "
    "La grabación de llamadas seguirá en pausa hasta que se reanude.",
    "fr": "Accueil : L'enregistrement d'un appel est en pause. "
    "L'enregistrement des appels reste en pause jusqu'à sa reprise.",
    "it": "Reception: La registrazione di una chiamata è in pausa. "
    "La registrazione delle chiamate resta in pausa finché non viene ripresa.",
    "nl": "Balie: De opname van één gesprek is gepauzeerd. "
    "De gespreksopname blijft gepauzeerd tot die wordt hervat.",
}
RESUMED = {
    "en": "Front desk: One call is being recorded again.",
    "de": "Empfang: Ein Anruf wird wieder aufgenommen.",
    "es": "Recepción: Se vuelve a grabar una llamada.",
    "fr": "Accueil : Un appel est de nouveau enregistré.",
    "it": "Reception: Una chiamata viene di nuovo registrata.",
    "nl": "Balie: Eén gesprek wordt weer opgenomen.",
}
YES = {
    "en": "Front desk: Yes, one call is being recorded.",
    "de": "Empfang: Ja, ein Anruf wird aufgenommen.",
    "es": "Recepción: Sí, se está grabando una llamada.",
    "fr": "Accueil : Oui, un appel est en cours d'enregistrement.",
    "it": "Reception: Sì, una chiamata viene registrata.",
    "nl": "Balie: Ja, er wordt één gesprek opgenomen.",
}


@pytest.fixture(autouse=True)
def with_lines(lines: None) -> None:
    """Let the project have two lines."""


@pytest.fixture
def two_calls(simulator: Simulator) -> None:
    """Begin a call at the front desk, and then one in the office."""
    call_with_recording(simulator, to_number=DESK_NUMBER)
    call_with_recording(simulator, to_number=OFFICE_NUMBER)


def line_device(hass: HomeAssistant, line_id: str = FRONT_DESK) -> dr.DeviceEntry:
    """Return the device of a line."""
    (entry,) = hass.config_entries.async_entries("signalwire")
    device = dr.async_get(hass).async_get_device_by_identifier(
        ("signalwire", line_id), entry.entry_id
    )
    assert device is not None
    return device


async def rename(hass: HomeAssistant, name: str | None, line_id: str = FRONT_DESK) -> None:
    """Give a line another name, as a user does."""
    dr.async_get(hass).async_update_device(line_device(hass, line_id).id, name_by_user=name)
    await hass.async_block_till_done(wait_background_tasks=True)


def put_in_area(hass: HomeAssistant, area: str, *device_ids: str) -> None:
    """Put devices into an area."""
    area_id = ar.async_get(hass).async_get_or_create(area).id
    for device_id in device_ids:
        dr.async_get(hass).async_update_device(device_id, area_id=area_id)


@pytest.fixture
def satellite(hass: HomeAssistant, say: Say) -> str:
    """Return the ID of a device to speak to, which is where the front desk is."""
    entry = MockConfigEntry(domain="test")
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("test", "satellite")}
    )
    put_in_area(hass, "Lobby", device.id, line_device(hass).id)
    return device.id


# By name.


@pytest.mark.usefixtures("two_calls")
@pytest.mark.parametrize("language", NAMED)
async def test_every_way_to_pause_and_resume_a_line(
    hass: HomeAssistant, say: Say, simulator: Simulator, language: str
) -> None:
    await rename(hass, NAMES[language])
    resume = NAMED[language][Command.RESUME]
    for number, text in enumerate(NAMED[language][Command.PAUSE]):
        assert await say(text, language) == PAUSED[language]
        assert statuses(simulator) == ["paused", "in-progress"]
        assert (state(hass, FRONT_DESK_SWITCH), state(hass, MASTER)) == ("off", "on")
        assert await say(resume[number % len(resume)], language) == RESUMED[language]
        assert statuses(simulator) == ["in-progress", "in-progress"]
        assert state(hass, FRONT_DESK_SWITCH) == "on"


@pytest.mark.usefixtures("two_calls")
@pytest.mark.parametrize("language", NAMED)
async def test_every_way_to_stop_the_one_recording_of_a_line(
    hass: HomeAssistant, say: Say, simulator: Simulator, language: str
) -> None:
    await rename(hass, NAMES[language])
    for text in NAMED[language][Command.STOP] + NAMED[language][Command.STOP_ALL]:
        answer = await say(text, language)
        assert answer.startswith(NAMES[language])
        first, second, *more = statuses(simulator)
        assert (first, second, {*more}) == ("stopped", "in-progress", {"stopped"} & {*more})
        call_with_recording(simulator, to_number=DESK_NUMBER)


@pytest.mark.usefixtures("two_calls")
@pytest.mark.parametrize("language", NAMED)
async def test_every_way_to_ask_about_a_line(
    hass: HomeAssistant, say: Say, simulator: Simulator, language: str
) -> None:
    await rename(hass, NAMES[language])
    for text in NAMED[language][Command.IS_RECORDING]:
        assert await say(text, language) == YES[language]
    for text in NAMED[language][Command.COUNT]:
        assert (await say(text, language)).startswith(NAMES[language])
    assert statuses(simulator) == ["in-progress", "in-progress"]


@pytest.mark.parametrize("language", NAMED_TIMED)
async def test_a_line_is_paused_for_so_long(
    hass: HomeAssistant, say: Say, loaded: MockConfigEntry, language: str
) -> None:
    await rename(hass, NAMES[language])
    for text in NAMED_TIMED[language]:
        await say(text, language)
        (one,) = loaded.runtime_data.data.hold_of(FRONT_DESK).holds
        assert one.until is not None
        assert round((one.until - one.since).total_seconds()) == 600
        await loaded.runtime_data.project.hold_controller.async_release(line=FRONT_DESK)


@pytest.mark.usefixtures("two_calls")
async def test_of_several_on_a_line_none_is_stopped_but_all_are_paused(
    say: Say, simulator: Simulator
) -> None:
    call_with_recording(simulator, to_number=DESK_NUMBER)
    assert (await say("stop the recording at the front desk")).startswith(
        "Front desk: I can't tell which recording is meant, so I stopped none."
    )
    assert statuses(simulator) == ["paused", "in-progress", "paused"]


async def test_another_line_with_no_call_is_not_recorded(say: Say, simulator: Simulator) -> None:
    call_with_recording(simulator, to_number=OFFICE_NUMBER)
    call_with_recording(simulator)
    assert await say("is the front desk being recorded?") == (
        "Front desk: No, no call is being recorded."
    )


async def test_what_is_not_known_to_be_elsewhere_is_not_denied(
    say: Say, simulator: Simulator
) -> None:
    call_with_recording(simulator, to_number=OFFICE_NUMBER)
    simulator.faults.add(Fault(path="/Calls", status=500))
    assert await say("is the front desk being recorded?") == (
        "Front desk: I can't tell for certain whether one call is being recorded."
    )


@pytest.mark.usefixtures("two_calls")
async def test_a_line_is_not_resumed_while_all_calls_are_held(
    hass: HomeAssistant, say: Say, simulator: Simulator
) -> None:
    await say("pause the recording at the front desk")
    await say("pause the recording")
    assert await say("resume the recording at the front desk") == (
        "Front desk: The recording of all calls is paused, so this line stays paused too. "
        "To resume everything, say: resume all recordings."
    )
    assert statuses(simulator) == ["paused", "paused"]
    # What it says helps; but the line is still held on its own.
    await say("resume all recordings")
    assert statuses(simulator) == ["paused", "in-progress"]
    assert await say("resume the recording at the front desk") == RESUMED["en"]


@pytest.mark.usefixtures("two_calls")
async def test_a_line_that_a_sensor_holds_is_held_by_who_speaks_too(
    hass: HomeAssistant, say: Say, simulator: Simulator
) -> None:
    await hass.services.async_call(
        "signalwire",
        "hold_recordings",
        {"name": "door"},
        target={"entity_id": FRONT_DESK_SWITCH},
        blocking=True,
    )
    await say("pause the recording at the front desk")
    await hass.services.async_call(
        "signalwire",
        "release_recordings",
        {"name": "door"},
        target={"entity_id": FRONT_DESK_SWITCH},
        blocking=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert statuses(simulator) == ["paused", "in-progress"]


# What is listened for.


async def test_only_real_names_are_listened_for(
    hass: HomeAssistant, say: Say, loaded: MockConfigEntry, is_listened_for: IsListenedFor
) -> None:
    desk, till = "pause the recording at the front desk", "pause the recording at the till"
    assert await is_listened_for(desk)
    assert not await is_listened_for(till)
    assert not await is_listened_for("pause the recording of the camera")
    await rename(hass, "Till")
    assert not await is_listened_for(desk)
    assert await is_listened_for(till)
    await rename(hass, None)
    assert await is_listened_for(desk)
    assert not await is_listened_for(till)
    assert len(get_agent_manager(hass)._trigger_callbacks) == 1


async def test_lines_that_come_and_go_are_followed(
    hass: HomeAssistant, say: Say, loaded: MockConfigEntry, is_listened_for: IsListenedFor
) -> None:
    hass.config_entries.async_add_subentry(
        loaded,
        ConfigSubentry(
            subentry_id="till",
            subentry_type="line",
            title="Till",
            unique_id=None,
            data=MappingProxyType({"addresses": ["+15550130"]}),
        ),
    )
    assert await is_listened_for("pause the recording at the till")
    hass.config_entries.async_update_subentry(loaded, loaded.subentries["till"], title="Kiosk")
    assert await is_listened_for("pause the recording at the kiosk")
    assert not await is_listened_for("pause the recording at the till")
    hass.config_entries.async_remove_subentry(loaded, "till")
    assert not await is_listened_for("pause the recording at the kiosk")
    assert len(get_agent_manager(hass)._trigger_callbacks) == 1


async def test_a_line_is_exposed_by_its_own_switch(
    hass: HomeAssistant, say: Say, simulator: Simulator, is_listened_for: IsListenedFor
) -> None:
    async_expose_entity(hass, "conversation", FRONT_DESK_SWITCH, False)
    assert not await is_listened_for("pause the recording at the front desk")
    async_expose_entity(hass, "conversation", FRONT_DESK_SWITCH, True)
    async_expose_entity(hass, "conversation", MASTER, False)
    assert await is_listened_for("pause the recording at the front desk")
    assert not await is_listened_for("pause the recording")
    # Now there is a place where that can be obeyed.
    put_in_area(hass, "Lobby", line_device(hass).id)
    assert await is_listened_for("pause the recording")
    assert await say("pause the recording") == "Call recording is not exposed to this assistant."
    async_expose_entity(hass, "conversation", FRONT_DESK_SWITCH, False)
    async_expose_entity(hass, "conversation", OFFICE_SWITCH, False)
    assert not await is_listened_for("pause the recording")
    assert not get_agent_manager(hass)._trigger_callbacks


@pytest.mark.usefixtures("two_calls")
async def test_who_may_control_one_line_may_pause_that_one(
    hass: HomeAssistant, say: Say, hass_read_only_user: MockUser, simulator: Simulator
) -> None:
    context = Context(user_id=hass_read_only_user.id)
    hass_read_only_user.mock_policy(
        {"entities": {"entity_ids": {FRONT_DESK_SWITCH: {"read": True, "control": True}}}}
    )
    not_allowed = "You are not allowed to do that."
    assert await say("pause the recording", context=context) == not_allowed
    assert await say("pause the recording at the office", context=context) == not_allowed
    assert await say("pause the recording at the front desk", context=context) == PAUSED["en"]
    assert statuses(simulator) == ["paused", "in-progress"]


# Where it is said.


@pytest.mark.usefixtures("two_calls")
@pytest.mark.parametrize("language", PLAIN)
async def test_the_line_in_the_area_is_meant(
    hass: HomeAssistant, say: Say, simulator: Simulator, satellite: str, language: str
) -> None:
    await rename(hass, NAMES[language])
    pause, resume = PLAIN[language]
    assert await say(pause, language, device_id=satellite) == PAUSED[language]
    assert statuses(simulator) == ["paused", "in-progress"]
    question = PHRASES[language][Command.IS_RECORDING][0]
    assert (await say(question, language, device_id=satellite)).startswith(NAMES[language])
    assert await say(resume, language, device_id=satellite) == RESUMED[language]
    stop = PHRASES[language][Command.STOP][0]
    assert (await say(stop, language, device_id=satellite)).startswith(NAMES[language])
    assert statuses(simulator) == ["stopped", "in-progress"]


@pytest.mark.usefixtures("two_calls")
async def test_everything_is_meant_if_that_is_said(
    say: Say, simulator: Simulator, satellite: str
) -> None:
    answer = await say("pause all recordings", device_id=satellite)
    assert answer.startswith("The recordings of two calls are paused.")
    assert statuses(simulator) == ["paused", "paused"]


@pytest.mark.usefixtures("two_calls")
async def test_another_line_can_be_named_there(
    say: Say, simulator: Simulator, satellite: str
) -> None:
    answer = await say("pause the recording in the office", device_id=satellite)
    assert answer.startswith("Office: The recording of one call is paused.")
    assert statuses(simulator) == ["in-progress", "paused"]


@pytest.mark.usefixtures("two_calls")
async def test_all_lines_of_the_area_are_meant(
    hass: HomeAssistant, say: Say, simulator: Simulator, satellite: str
) -> None:
    put_in_area(hass, "Lobby", line_device(hass, OFFICE).id)
    call_with_recording(simulator)
    answer = await say("pause the recording", device_id=satellite)
    assert answer.startswith("Front desk and Office: The recordings of two calls are paused.")
    assert statuses(simulator) == ["paused", "paused", "in-progress"]


@pytest.mark.usefixtures("two_calls")
async def test_a_call_between_two_lines_is_one_call(
    hass: HomeAssistant, say: Say, simulator: Simulator, satellite: str
) -> None:
    put_in_area(hass, "Lobby", line_device(hass, OFFICE).id)
    for recording in simulator.space.recordings.values():
        simulator.space.update_recording(recording.sid, "stopped")
    call_with_recording(simulator, from_number=DESK_NUMBER, to_number=OFFICE_NUMBER)
    assert await say("is the call being recorded", device_id=satellite) == (
        "Front desk and Office: Yes, one call is being recorded."
    )


@pytest.mark.usefixtures("two_calls")
@pytest.mark.parametrize("why", ["no line there", "no area", "not exposed"])
async def test_without_a_line_in_the_area_the_project_is_meant(
    hass: HomeAssistant, say: Say, simulator: Simulator, satellite: str, why: str
) -> None:
    match why:
        case "no line there":
            put_in_area(hass, "Kitchen", satellite)
        case "no area":
            dr.async_get(hass).async_update_device(satellite, area_id=None)
        case "not exposed":
            async_expose_entity(hass, "conversation", FRONT_DESK_SWITCH, False)
    answer = await say("pause the recording", device_id=satellite)
    assert answer.startswith("The recordings of two calls are paused.")
    assert state(hass, MASTER) == "off"


@pytest.mark.usefixtures("two_calls")
async def test_a_satellite_can_be_elsewhere_than_its_device(
    hass: HomeAssistant, say: Say, simulator: Simulator, satellite: str
) -> None:
    put_in_area(hass, "Back room", line_device(hass, OFFICE).id)
    entities = er.async_get(hass)
    speaker = entities.async_get_or_create(
        "assist_satellite", "test", "speaker", device_id=satellite, original_name="Speaker"
    ).entity_id
    assert (await say("pause the recording", satellite_id=speaker)).startswith("Front desk:")
    area = ar.async_get(hass).async_get_area_by_name("Back room")
    assert area is not None
    entities.async_update_entity(speaker, area_id=area.id)
    assert (await say("pause the recording", satellite_id=speaker)).startswith("Office:")


@pytest.mark.usefixtures("two_calls")
async def test_in_the_area_all_that_is_held_is_told(
    hass: HomeAssistant,
    say: Say,
    loaded: MockConfigEntry,
    simulator: Simulator,
    satellite: str,
) -> None:
    await refresh(hass, loaded)
    await turn(hass, "off")
    answer = await say("resume the recording", device_id=satellite)
    assert answer.startswith("Front desk: The recording of all calls is paused")
    assert state(hass, MASTER) == "off"
    await say("resume all recordings", device_id=satellite)
    assert state(hass, MASTER) == "on"


async def test_what_turns_out_to_be_elsewhere_is_not_said_to_be_stopped(
    say: Say, simulator: Simulator, loaded: MockConfigEntry
) -> None:
    call_with_recording(simulator, to_number=OFFICE_NUMBER)
    simulator.faults.add(Fault(path="/Calls", status=500))
    assert await say("stop all recordings at the front desk") == (
        "Front desk: I could not stop one recording. It may still be running."
    )
    assert statuses(simulator) == ["in-progress"]

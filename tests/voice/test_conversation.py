"""What is said to Home Assistant is done at SignalWire, and the answer is true."""

import asyncio

from homeassistant.components import conversation
from homeassistant.components.conversation.agent_manager import get_agent_manager
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.file import WriteError
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_mock_service,
)

from custom_components.signalwire.coordinator import SignalWireCoordinator
from custom_components.signalwire.voice import Command, async_stop_listening
from custom_components.signalwire.voice.recognition import Recognizer
from simulator import Fault, Simulator
from tests.helpers import call_with_recording, refresh, state, statuses, until
from tests.voice.conftest import IsListenedFor, Say
from tests.voice.phrases import OTHERS, PHRASES, SLOPPY, TIMED, UNCLEAR

MASTER = "switch.corner_shop_call_recording"
CLINIC = "switch.clinic_call_recording"


def _statuses(simulator: Simulator) -> list[str]:
    return [recording.status.value for recording in simulator.space.recordings.values()]


# Every sentence, in every language.

PAUSED = {
    "en": "The recording of one call is paused. Call recording stays paused until it is resumed.",
    "de": "Die Aufnahme eines Anrufs ist pausiert. "
    "Die Anrufaufnahme bleibt pausiert, bis sie fortgesetzt wird.",
    "es": "La grabación de una llamada está en pausa. "
    "La grabación de llamadas seguirá en pausa hasta que se reanude.",
    "fr": "L'enregistrement d'un appel est en pause. "
    "L'enregistrement des appels reste en pause jusqu'à sa reprise.",
    "it": "La registrazione di una chiamata è in pausa. "
    "La registrazione delle chiamate resta in pausa finché non viene ripresa.",
    "nl": "De opname van één gesprek is gepauzeerd. "
    "De gespreksopname blijft gepauzeerd tot die wordt hervat.",
}
RESUMED = {
    "en": "Two calls are being recorded again.",
    "de": "Zwei Anrufe werden wieder aufgenommen.",
    "es": "Se vuelven a grabar dos llamadas.",
    "fr": "Deux appels sont de nouveau enregistrés.",
    "it": "Due chiamate vengono di nuovo registrate.",
    "nl": "Twee gesprekken worden weer opgenomen.",
}
STOPPED = {
    "en": "The recording is stopped for good. New calls can still be recorded.",
    "de": "Die Aufnahme ist endgültig beendet. Neue Anrufe können weiterhin aufgenommen werden.",
    "es": "La grabación se ha detenido definitivamente. "
    "Las llamadas nuevas todavía se pueden grabar.",
    "fr": "L'enregistrement est définitivement arrêté. "
    "Les nouveaux appels peuvent encore être enregistrés.",
    "it": "La registrazione è terminata definitivamente. "
    "Le nuove chiamate possono ancora essere registrate.",
    "nl": "De opname is definitief gestopt. Nieuwe gesprekken kunnen nog worden opgenomen.",
}
ALL_STOPPED = {
    "en": "Both recordings are stopped for good. New calls can still be recorded.",
    "de": "Beide Aufnahmen sind endgültig beendet. "
    "Neue Anrufe können weiterhin aufgenommen werden.",
    "es": "Las dos grabaciones se han detenido definitivamente. "
    "Las llamadas nuevas todavía se pueden grabar.",
    "fr": "Les deux enregistrements sont définitivement arrêtés. "
    "Les nouveaux appels peuvent encore être enregistrés.",
    "it": "Entrambe le registrazioni sono terminate definitivamente. "
    "Le nuove chiamate possono ancora essere registrate.",
    "nl": "Beide opnames zijn definitief gestopt. Nieuwe gesprekken kunnen nog worden opgenomen.",
}
YES = {
    "en": "Yes, one call is being recorded.",
    "de": "Ja, ein Anruf wird aufgenommen.",
    "es": "Sí, se está grabando una llamada.",
    "fr": "Oui, un appel est en cours d'enregistrement.",
    "it": "Sì, una chiamata viene registrata.",
    "nl": "Ja, er wordt één gesprek opgenomen.",
}
COUNTED = {
    "en": "Three calls are being recorded.",
    "de": "Drei Anrufe werden aufgenommen.",
    "es": "Se están grabando tres llamadas.",
    "fr": "Trois appels sont en cours d'enregistrement.",
    "it": "Tre chiamate vengono registrate.",
    "nl": "Er worden drie gesprekken opgenomen.",
}


@pytest.mark.parametrize("language", PHRASES)
async def test_every_way_to_say_pause_pauses(
    say: Say, loaded: MockConfigEntry, simulator: Simulator, language: str
) -> None:
    coordinator: SignalWireCoordinator = loaded.runtime_data
    # It is not known yet: a sentence reads anew.
    call_with_recording(simulator)
    for text in PHRASES[language][Command.PAUSE]:
        assert await say(text, language) == PAUSED[language]
        assert _statuses(simulator) == ["paused"]
        assert coordinator.data.hold.held
        assert coordinator.data.hold.until is None
        await say(PHRASES[language][Command.RESUME][0], language)


@pytest.mark.parametrize("language", PHRASES)
async def test_every_way_to_say_resume_resumes(
    say: Say, loaded: MockConfigEntry, simulator: Simulator, language: str
) -> None:
    coordinator: SignalWireCoordinator = loaded.runtime_data
    call_with_recording(simulator)
    call_with_recording(simulator)
    for text in PHRASES[language][Command.RESUME]:
        await say(PHRASES[language][Command.PAUSE][0], language)
        assert _statuses(simulator) == ["paused", "paused"]
        assert await say(text, language) == RESUMED[language]
        assert _statuses(simulator) == ["in-progress", "in-progress"]
        assert not coordinator.data.hold.held


@pytest.mark.parametrize("language", PHRASES)
async def test_every_way_to_say_stop_stops_the_one_recording(
    say: Say, simulator: Simulator, language: str
) -> None:
    for text in PHRASES[language][Command.STOP]:
        call_with_recording(simulator)
        assert await say(text, language) == STOPPED[language]
        assert set(_statuses(simulator)) == {"stopped"}


@pytest.mark.parametrize("language", PHRASES)
async def test_every_way_to_say_stop_all_stops_all(
    say: Say, simulator: Simulator, language: str
) -> None:
    for text in PHRASES[language][Command.STOP_ALL]:
        call_with_recording(simulator)
        call_with_recording(simulator)
        assert await say(text, language) == ALL_STOPPED[language]
        assert set(_statuses(simulator)) == {"stopped"}


@pytest.mark.parametrize("language", PHRASES)
async def test_every_way_to_ask_is_answered(say: Say, simulator: Simulator, language: str) -> None:
    call_with_recording(simulator)
    for text in PHRASES[language][Command.IS_RECORDING]:
        assert await say(text, language) == YES[language]
    call_with_recording(simulator)
    call_with_recording(simulator)
    for text in PHRASES[language][Command.COUNT]:
        assert await say(text, language) == COUNTED[language]
    assert _statuses(simulator) == ["in-progress"] * 3


@pytest.mark.parametrize("language", TIMED)
async def test_every_way_to_say_for_how_long_is_kept(
    say: Say, loaded: MockConfigEntry, language: str
) -> None:
    coordinator: SignalWireCoordinator = loaded.runtime_data
    for text, duration in TIMED[language].items():
        before = dt_util.utcnow()
        await say(text, language)
        until = coordinator.data.hold.until
        assert until is not None
        assert before + duration <= until <= dt_util.utcnow() + duration
        # Or the longest would count.
        await coordinator.project.hold_controller.async_release()


FOR_TEN_MINUTES = {
    "en": "Call recording stays paused for ten minutes.",
    "de": "Die Anrufaufnahme bleibt für zehn Minuten pausiert.",
    "es": "La grabación de llamadas seguirá en pausa durante diez minutos.",
    "fr": "L'enregistrement des appels reste en pause pendant dix minutes.",
    "it": "La registrazione delle chiamate resta in pausa per dieci minuti.",
    "nl": "De gespreksopname blijft tien minuten gepauzeerd.",
}


@pytest.mark.parametrize("language", TIMED)
async def test_the_duration_is_repeated(say: Say, language: str) -> None:
    text = next(iter(TIMED[language]))
    assert (await say(text, language)).endswith(FOR_TEN_MINUTES[language])


@pytest.mark.parametrize("language", UNCLEAR)
async def test_what_is_not_understood_of_a_duration_is_said(
    hass: HomeAssistant, say: Say, loaded: MockConfigEntry, simulator: Simulator, language: str
) -> None:
    call_with_recording(simulator)
    answer = await say(UNCLEAR[language], language)
    assert answer.startswith(PAUSED[language])
    assert answer != PAUSED[language]
    assert _statuses(simulator) == ["paused"]


# The built-in sentences for a switch.

NAME = "Corner shop Call recording"
SWITCHED = {
    "en": (f"turn off {NAME}", f"turn on {NAME}"),
    "de": (f"schalte {NAME} aus", f"schalte {NAME} ein"),
    "es": (f"apaga {NAME}", f"enciende {NAME}"),
    "fr": (f"éteins {NAME}", f"allume {NAME}"),
    "it": (f"spegni {NAME}", f"accendi {NAME}"),
    "nl": (f"zet {NAME} uit", f"zet {NAME} aan"),
}


@pytest.mark.parametrize("language", SWITCHED)
async def test_the_switch_is_turned_by_the_built_in_sentences(
    hass: HomeAssistant, say: Say, simulator: Simulator, language: str
) -> None:
    call_with_recording(simulator)
    await hass.async_block_till_done(wait_background_tasks=True)
    off, on = SWITCHED[language]
    await say(off, language)
    assert state(hass, MASTER) == "off"
    await until(lambda: _statuses(simulator) == ["paused"])
    await say(on, language)
    assert state(hass, MASTER) == "on"
    await until(lambda: _statuses(simulator) == ["in-progress"])


# What is true.


async def test_without_any_call_a_pause_is_for_those_to_come(
    hass: HomeAssistant, say: Say, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    assert await say("pause recording") == (
        "No call is being recorded right now. Call recording stays paused until it is resumed."
    )
    call_with_recording(simulator)
    await refresh(hass, loaded)
    assert _statuses(simulator) == ["paused"]


async def test_a_second_pause_is_not_a_new_one(say: Say, simulator: Simulator) -> None:
    call_with_recording(simulator)
    await say("pause recording")
    updates = sum(request.method == "POST" for request in simulator.requests)
    assert await say("pause the call recording") == "Call recording is already paused."
    assert sum(request.method == "POST" for request in simulator.requests) == updates


async def test_a_pause_for_good_replaces_one_for_a_time(say: Say, loaded: MockConfigEntry) -> None:
    await say("pause recording for ten minutes")
    assert (await say("pause recording")).endswith("stays paused until it is resumed.")
    assert loaded.runtime_data.data.hold.until is None


async def test_the_option_that_ends_a_pause_is_told(
    hass: HomeAssistant, say: Say, loaded: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(loaded, options={"auto_release": 75})
    await hass.config_entries.async_reload(loaded.entry_id)
    assert (await say("pause recording")).endswith("stays paused for one hour and 15 minutes.")


@pytest.mark.usefixtures("impatient")
async def test_a_pause_that_is_not_confirmed_is_not_claimed(say: Say, simulator: Simulator) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    simulator.faults.add(Fault(method="POST", status=500))
    assert await say("pause recording") == (
        "I could not pause everything yet: two recordings may still be running. I keep trying."
    )
    assert _statuses(simulator) == ["in-progress", "in-progress"]
    simulator.faults.clear()
    # It is kept, as promised.
    await until(lambda: set(_statuses(simulator)) == {"paused"})


async def test_a_pause_is_answered_only_once_it_is_confirmed(
    say: Say, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    simulator.faults.add(Fault(method="POST", delay=0.3, times=1))
    answer = asyncio.ensure_future(say("pause recording"))
    await until(lambda: any(request.method == "POST" for request in simulator.requests))
    assert not answer.done()
    assert await answer == PAUSED["en"]
    assert _statuses(simulator) == ["paused"]


@pytest.mark.usefixtures("impatient")
async def test_an_unreachable_service_is_told_of(
    hass: HomeAssistant, say: Say, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    simulator.faults.add(Fault(drop=True))
    assert await say("is the call being recorded") == (
        "SignalWire does not answer, so I can't tell whether calls are being recorded."
    )
    assert await say("stop recording the call") == (
        "SignalWire does not answer, so I could not stop anything. Calls may still be recorded."
    )
    assert await say("pause recording") == (
        "I could not pause it yet: SignalWire does not answer, and calls may still be recorded. "
        "I keep trying."
    )
    assert await say("resume recording") == (
        "Call recording is on again, but SignalWire does not answer. "
        "I keep trying to resume what is paused."
    )
    simulator.faults.clear()
    await refresh(hass, loaded)
    assert _statuses(simulator) == ["in-progress"]


async def test_what_a_person_paused_stays_paused_and_is_told(
    hass: HomeAssistant, say: Say, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.recording_1"}, blocking=True
    )
    assert await say("resume recording") == (
        "Call recording is not paused. "
        "The recording of one call stays paused, because it was paused on its own."
    )
    await say("pause recording")
    assert await say("resume recording") == (
        "One call is being recorded again. "
        "The recording of one call stays paused, because it was paused on its own."
    )
    assert sorted(_statuses(simulator)) == ["in-progress", "paused"]
    assert await say("is the call being recorded") == (
        "Yes, one call is being recorded. The recording of one more is paused."
    )


async def test_resume_without_a_pause_or_a_call_is_told(say: Say) -> None:
    assert await say("resume recording") == "Call recording is not paused."
    await say("pause recording")
    assert await say("resume recording") == (
        "Call recording is on again. No call is being recorded right now."
    )


@pytest.mark.usefixtures("impatient")
async def test_a_resume_that_is_not_confirmed_is_not_claimed(
    say: Say, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    await say("pause recording")
    simulator.faults.add(Fault(method="POST", status=500))
    assert await say("resume recording") == ("I could not resume one recording yet. I keep trying.")
    assert _statuses(simulator) == ["paused"]
    simulator.faults.clear()
    await until(lambda: _statuses(simulator) == ["in-progress"])


@pytest.mark.usefixtures("impatient")
async def test_an_unreachable_service_has_nothing_to_resume(say: Say, simulator: Simulator) -> None:
    simulator.faults.add(Fault(drop=True))
    assert await say("resume recording") == (
        "SignalWire does not answer, so I can't tell whether calls are being recorded."
    )


async def test_a_pause_that_is_not_kept_yet_is_told_of(say: Say, simulator: Simulator) -> None:
    await say("pause recording")
    simulator.faults.add(Fault(method="POST", status=500))
    call_with_recording(simulator)
    assert await say("is the call being recorded") == (
        "Yes, one call is being recorded. Call recording is meant to be paused, and I keep trying."
    )


async def test_one_of_several_is_not_guessed_but_all_are_paused(
    say: Say, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    call_with_recording(simulator)
    assert await say("stop recording the call") == (
        "I can't tell which recording is meant, so I stopped none. "
        "To end them all for good, say: stop all call recordings. "
        "The recordings of two calls are paused. Call recording stays paused until it is resumed."
    )
    assert _statuses(simulator) == ["paused", "paused"]
    # Nothing may be said of new calls now: they will be paused.
    assert await say("stop all call recordings") == "Both recordings are stopped for good."
    assert _statuses(simulator) == ["stopped", "stopped"]


async def test_there_may_be_nothing_to_stop(say: Say) -> None:
    assert await say("stop all call recordings") == (
        "No call is being recorded, so there was nothing to stop."
    )


@pytest.mark.usefixtures("impatient")
async def test_a_stop_that_is_not_confirmed_is_not_claimed(say: Say, simulator: Simulator) -> None:
    first = call_with_recording(simulator)
    call_with_recording(simulator)
    simulator.faults.add(Fault(method="POST", path=first.sid, status=500))
    assert await say("stop all call recordings") == (
        "The recording is stopped for good. "
        "I could not stop one recording. It may still be running."
    )
    assert _statuses(simulator) == ["in-progress", "stopped"]


async def test_questions_are_answered_without_a_call(say: Say) -> None:
    assert await say("is the call being recorded") == "No, no call is being recorded."
    assert await say("how many calls are being recorded") == "No call is being recorded."
    await say("pause recording")
    assert await say("is the call being recorded") == (
        "No, no call is being recorded. Call recording is paused."
    )


async def test_questions_are_answered_while_paused(say: Say, simulator: Simulator) -> None:
    call_with_recording(simulator)
    await say("pause recording")
    assert await say("is the call being recorded") == "No, the recording of one call is paused."
    assert await say("how many calls are being recorded") == (
        "No call is being recorded. The recording of one call is paused."
    )


async def test_what_is_not_known_is_not_denied(
    hass: HomeAssistant, say: Say, simulator: Simulator
) -> None:
    call = simulator.space.start_call()
    simulator.space.start_recording(call_sid=call.sid, queued=True)
    assert await say("is the call being recorded") == (
        "I can't tell for certain whether one call is being recorded."
    )
    call_with_recording(simulator)
    assert await say("how many calls are being recorded") == (
        "One call is being recorded. I can't tell for certain whether one call is being recorded."
    )


async def test_what_is_not_known_does_not_hide_what_is_paused(
    say: Say, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    (recording,) = simulator.space.recordings.values()
    simulator.space.update_recording(recording.sid, "paused")
    call = simulator.space.start_call()
    simulator.space.start_recording(call_sid=call.sid, queued=True)
    assert await say("is the call being recorded") == (
        "I can't tell for certain whether one call is being recorded. "
        "The recording of one call is paused."
    )


async def test_a_call_with_two_recordings_is_one_call(say: Say, simulator: Simulator) -> None:
    call = call_with_recording(simulator)
    second = simulator.space.start_recording(call_sid=call.sid)
    assert await say("how many calls are being recorded") == "One call is being recorded."
    simulator.space.update_recording(second.sid, "paused")
    assert await say("is the call being recorded") == "Yes, one call is being recorded."


async def test_many_calls_are_told_in_digits(say: Say, simulator: Simulator) -> None:
    simulator.space.add_recordings(count=21, status="in-progress")
    assert await say("how many calls are being recorded") == "21 calls are being recorded."


# Several projects, and who may do what.


async def test_all_projects_are_meant(say: Say, simulator: Simulator, second: Simulator) -> None:
    call_with_recording(simulator)
    call_with_recording(second)
    assert await say("how many calls are being recorded") == "Two calls are being recorded."
    assert (await say("pause recording")).startswith("The recordings of two calls are paused.")
    assert _statuses(simulator) == _statuses(second) == ["paused"]
    assert await say("resume recording") == RESUMED["en"]


@pytest.mark.usefixtures("impatient")
async def test_the_unreachable_project_is_named(
    say: Say, simulator: Simulator, second: Simulator
) -> None:
    call_with_recording(simulator)
    second.faults.add(Fault(drop=True))
    assert await say("pause recording") == (
        "I could not pause it yet: SignalWire does not answer, and calls may still be recorded. "
        "I keep trying. This concerns Clinic."
    )
    assert _statuses(simulator) == ["paused"]


async def test_the_project_that_is_not_loaded_is_named(
    hass: HomeAssistant, say: Say, simulator: Simulator, second: Simulator
) -> None:
    (entry,) = [e for e in hass.config_entries.async_entries("signalwire") if e.title == "Clinic"]
    await hass.config_entries.async_unload(entry.entry_id)
    assert await say("is the call being recorded") == (
        "No, no call is being recorded. Not ready, and left alone: Clinic."
    )


async def test_without_a_project_that_is_ready_nothing_is_claimed(
    hass: HomeAssistant, say: Say, loaded: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(loaded.entry_id)
    assert await say("pause recording") == ("No SignalWire project is ready, so nothing was done.")


async def test_who_may_only_look_may_only_ask(
    hass: HomeAssistant, say: Say, hass_read_only_user: MockUser, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    context = Context(user_id=hass_read_only_user.id)
    assert await say("pause recording", context=context) == "You are not allowed to do that."
    assert await say("is the call being recorded", context=context) == YES["en"]
    assert _statuses(simulator) == ["in-progress"]


async def test_whom_nobody_knows_may_do_nothing(
    hass: HomeAssistant, say: Say, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    context = Context(user_id="somebody who was deleted")
    assert await say("pause recording", context=context) == "You are not allowed to do that."
    assert _statuses(simulator) == ["in-progress"]


async def test_who_spoke_is_behind_what_changes(
    hass: HomeAssistant,
    say: Say,
    loaded: MockConfigEntry,
    hass_admin_user: MockUser,
    simulator: Simulator,
) -> None:
    call_with_recording(simulator)
    await refresh(hass, loaded)
    await say("pause recording", context=Context(user_id=hass_admin_user.id))
    await hass.async_block_till_done(wait_background_tasks=True)
    switch = hass.states.get("switch.recording_1")
    assert switch is not None
    assert switch.state == "off"
    assert switch.context.user_id == hass_admin_user.id


# How it listens.


async def test_the_language_of_the_sentence_is_answered(say: Say, simulator: Simulator) -> None:
    call_with_recording(simulator)
    assert await say("wird der Anruf aufgenommen?", "en") == YES["de"]
    assert await say("wird der Anruf aufgenommen?", "de-CH") == YES["de"]
    assert await say("is the call being recorded?", "pl") == YES["en"]
    assert await say("is the call being recorded?", "*") == YES["en"]


async def test_what_is_not_understood_is_not_said_to_be_done(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recognizer, "recognize", lambda *_: None)
    assert await say("pause recording", "de") == (
        "Das habe ich nicht verstanden, deshalb wurde nichts geändert."
    )


async def test_nobody_listens_once_the_last_project_is_removed(
    hass: HomeAssistant,
    say: Say,
    is_listened_for: IsListenedFor,
    loaded: MockConfigEntry,
    second: Simulator,
) -> None:
    first, last = hass.config_entries.async_entries("signalwire")
    await hass.config_entries.async_remove(first.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(get_agent_manager(hass)._trigger_callbacks) == 1
    await hass.config_entries.async_remove(last.entry_id)
    assert not get_agent_manager(hass)._trigger_callbacks
    assert not await is_listened_for("pause the call recording")
    # Nothing is left that would begin to listen again.
    async_expose_entity(hass, "conversation", "switch.another", True)
    assert not await is_listened_for("pause the call recording")


async def test_nothing_is_listened_for_while_no_project_is_exposed(
    hass: HomeAssistant,
    say: Say,
    is_listened_for: IsListenedFor,
    loaded: MockConfigEntry,
    second: Simulator,
) -> None:
    for entity_id in (MASTER, CLINIC):
        assert await is_listened_for("pause the call recording")
        async_expose_entity(hass, "conversation", entity_id, False)
    assert not await is_listened_for("pause the call recording")
    assert not get_agent_manager(hass)._trigger_callbacks
    async_expose_entity(hass, "conversation", CLINIC, True)
    assert await is_listened_for("pause the call recording")
    assert len(get_agent_manager(hass)._trigger_callbacks) == 1


async def test_nothing_is_listened_for_while_all_projects_are_disabled(
    hass: HomeAssistant, say: Say, is_listened_for: IsListenedFor, loaded: MockConfigEntry
) -> None:
    set_disabled_by = hass.config_entries.async_set_disabled_by
    await set_disabled_by(loaded.entry_id, ConfigEntryDisabler.USER)
    assert not await is_listened_for("pause the call recording")
    await set_disabled_by(loaded.entry_id, None)
    assert await is_listened_for("pause the call recording")
    assert len(get_agent_manager(hass)._trigger_callbacks) == 1


async def test_what_is_not_exposed_is_not_touched(
    hass: HomeAssistant, say: Say, simulator: Simulator, second: Simulator
) -> None:
    call_with_recording(simulator)
    call_with_recording(second)
    async_expose_entity(hass, "conversation", MASTER, False)
    assert (await say("stop all call recordings")).startswith("The recording is stopped for good.")
    assert statuses(simulator) == ["in-progress"]
    assert statuses(second) == ["stopped"]


async def test_a_project_that_comes_back_is_listened_for_again(
    hass: HomeAssistant, say: Say, loaded: MockConfigEntry, second: Simulator
) -> None:
    for entry in hass.config_entries.async_entries("signalwire"):
        await hass.config_entries.async_remove(entry.entry_id)
    again = MockConfigEntry(
        domain="signalwire", title="Again", unique_id=loaded.unique_id, data=dict(loaded.data)
    )
    again.add_to_hass(hass)
    assert await hass.config_entries.async_setup(again.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await say("is the call being recorded") == "No, no call is being recorded."
    assert len(get_agent_manager(hass)._trigger_callbacks) == 1


async def test_it_works_without_conversation(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    assert "conversation" not in hass.config.components
    assert state(hass, MASTER) == "on"


async def test_a_conversation_that_comes_later_is_listened_to(
    hass: HomeAssistant, loaded: MockConfigEntry, spoken_to: None
) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    result = await conversation.async_converse(hass, "is the call recorded", None, Context())
    assert result.response.speech["plain"]["speech"] == "No, no call is being recorded."


async def test_a_conversation_that_comes_too_late_is_left_alone(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    await hass.config_entries.async_remove(loaded.entry_id)
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not get_agent_manager(hass)._trigger_callbacks


# What is left to others.

RECORDING = {
    "en": "Recording",
    "de": "Aufnahme",
    "es": "Grabación",
    "fr": "Enregistrement",
    "it": "Registrazione",
    "nl": "Opname",
}
TURNED_OFF = {
    "en": "turn off the recording",
    "de": "schalte die Aufnahme aus",
    "es": "apaga la grabación",
    "fr": "éteins l'enregistrement",
    "it": "spegni la registrazione",
    "nl": "zet de opname uit",
}
PAUSED_PLAINLY = {
    "en": "pause the recording",
    "de": "pausiere die Aufnahme",
    "es": "pausa la grabación",
    "fr": "mets l'enregistrement en pause",
    "it": "metti in pausa la registrazione",
    "nl": "pauzeer de opname",
}


@pytest.mark.parametrize("language", OTHERS)
async def test_sentences_meant_for_others_are_answered_as_without_us(
    hass: HomeAssistant, say: Say, simulator: Simulator, language: str
) -> None:
    async def answers() -> list[tuple[object, object]]:
        responses = [
            (
                await conversation.async_converse(hass, text, None, Context(), language=language)
            ).response
            for text in OTHERS[language]
        ]
        return [(response.response_type, response.speech) for response in responses]

    call_with_recording(simulator)
    answered = await answers()
    async_stop_listening(hass)
    assert not get_agent_manager(hass)._trigger_callbacks
    assert answered == await answers()
    assert _statuses(simulator) == ["in-progress"]
    assert state(hass, MASTER) == "on"


@pytest.mark.parametrize("language", RECORDING)
async def test_a_switch_that_is_called_recording_is_turned_off(
    hass: HomeAssistant, say: Say, simulator: Simulator, language: str
) -> None:
    turned_off = async_mock_service(hass, "switch", "turn_off")
    hass.states.async_set("switch.camera", "on", {"friendly_name": RECORDING[language]})
    call_with_recording(simulator)
    await say(TURNED_OFF[language], language)
    (call,) = turned_off
    assert call.data["entity_id"] == ["switch.camera"]
    assert _statuses(simulator) == ["in-progress"]


@pytest.mark.parametrize("language", RECORDING)
async def test_what_is_called_recording_is_left_to_home_assistant_while_it_is_exposed(
    hass: HomeAssistant, say: Say, is_listened_for: IsListenedFor, language: str
) -> None:
    text = PAUSED_PLAINLY[language]
    assert await is_listened_for(text)
    hass.states.async_set("switch.camera", "on", {"friendly_name": RECORDING[language]})
    assert not await is_listened_for(text)
    # There are words left that are for calls alone.
    assert await is_listened_for(PHRASES[language][Command.STOP][0])
    async_expose_entity(hass, "conversation", "switch.camera", False)
    assert await is_listened_for(text)
    async_expose_entity(hass, "conversation", "switch.camera", True)
    assert not await is_listened_for(text)
    hass.states.async_remove("switch.camera")
    assert await is_listened_for(text)
    assert len(get_agent_manager(hass)._trigger_callbacks) == 1


async def test_an_alias_counts_as_a_name(
    hass: HomeAssistant,
    say: Say,
    is_listened_for: IsListenedFor,
) -> None:
    entities = er.async_get(hass)
    camera = entities.async_get_or_create("switch", "test", "camera", original_name="Camera")
    hass.states.async_set(camera.entity_id, "on")
    assert await is_listened_for("pause the recording")
    entities.async_update_entity(camera.entity_id, aliases=[er.COMPUTED_NAME, "Recording"])
    assert not await is_listened_for("pause the recording")
    entities.async_update_entity(camera.entity_id, aliases=[er.COMPUTED_NAME], name="Recordings")
    assert not await is_listened_for("pause the recording")
    entities.async_update_entity(camera.entity_id, name="Camera")
    assert await is_listened_for("pause the recording")


async def test_our_own_switch_may_be_called_call_recording(
    hass: HomeAssistant, say: Say, simulator: Simulator
) -> None:
    call_with_recording(simulator)
    er.async_get(hass).async_update_entity(MASTER, aliases=["Call recording"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await say("turn off the call recording") == PAUSED["en"]


@pytest.mark.parametrize("language", SLOPPY)
async def test_what_is_written_without_care_is_listened_for(
    hass: HomeAssistant, say: Say, is_listened_for: IsListenedFor, language: str
) -> None:
    for text in SLOPPY[language]:
        assert await say(text, language)
        assert await is_listened_for(text), text


async def test_a_hold_that_cannot_be_stored_keeps_no_other_from_being_held(
    hass: HomeAssistant,
    say: Say,
    loaded: MockConfigEntry,
    simulator: Simulator,
    second: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(*_: object) -> None:
        raise WriteError("The disk is full")

    call_with_recording(simulator)
    call_with_recording(second)
    monkeypatch.setattr(loaded.runtime_data.project.file._store, "_async_write_data", fail)
    await conversation.async_converse(hass, "pause recording", None, Context(), language="en")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert statuses(simulator) == statuses(second) == ["paused"]


async def test_what_cannot_be_read_is_no_no(
    hass: HomeAssistant, say: Say, loaded: MockConfigEntry, simulator: Simulator
) -> None:
    simulator.faults.add(
        Fault(path="/Recordings.json", status=200, body='{"recordings": [{"sid": "1"}]}')
    )
    await refresh(hass, loaded)
    assert not (await say("is the call being recorded?")).startswith("No")

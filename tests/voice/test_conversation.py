"""What is said to Home Assistant is done at SignalWire, and the answer is true."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.signalwire.coordinator import SignalWireCoordinator
from custom_components.signalwire.voice import Command, commands
from simulator import Fault, Simulator
from tests.helpers import call_with_recording, refresh, state
from tests.voice.conftest import Say
from tests.voice.phrases import PHRASES, TIMED, UNCLEAR

MASTER = "switch.corner_shop_call_recording"


def _statuses(simulator: Simulator) -> list[str]:
    return [recording.status.value for recording in simulator.space.recordings.values()]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for what does not come."""
    monkeypatch.setattr(commands, "PATIENCE", 0.3)


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
    "De gespreksopname blijft gepauzeerd tot ze wordt hervat.",
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
    "es": "La grabación ha terminado definitivamente. "
    "Las llamadas nuevas todavía se pueden grabar.",
    "fr": "L'enregistrement est définitivement arrêté. "
    "Les nouveaux appels peuvent encore être enregistrés.",
    "it": "La registrazione è terminata definitivamente. "
    "Le nuove chiamate possono ancora essere registrate.",
    "nl": "De opname is definitief gestopt. Nieuwe gesprekken kunnen nog worden opgenomen.",
}
ALL_STOPPED = {
    "en": "All two recordings are stopped for good. New calls can still be recorded.",
    "de": "Alle zwei Aufnahmen sind endgültig beendet. "
    "Neue Anrufe können weiterhin aufgenommen werden.",
    "es": "Las dos grabaciones han terminado definitivamente. "
    "Las llamadas nuevas todavía se pueden grabar.",
    "fr": "Les deux enregistrements sont définitivement arrêtés. "
    "Les nouveaux appels peuvent encore être enregistrés.",
    "it": "Tutte e due le registrazioni sono terminate definitivamente. "
    "Le nuove chiamate possono ancora essere registrate.",
    "nl": "Alle twee opnames zijn definitief gestopt. "
    "Nieuwe gesprekken kunnen nog worden opgenomen.",
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

SWITCHED = {
    "en": ("turn off call recording", "turn on call recording"),
    "de": ("schalte die Anrufaufnahme aus", "schalte die Anrufaufnahme ein"),
    "es": ("apaga la grabación de llamadas", "enciende la grabación de llamadas"),
    "fr": ("éteins l'enregistrement des appels", "allume l'enregistrement des appels"),
    "it": ("spegni la registrazione chiamate", "accendi la registrazione chiamate"),
    "nl": ("zet de gespreksopname uit", "zet de gespreksopname aan"),
}
NAMES = {
    "en": "Call recording",
    "de": "Anrufaufnahme",
    "es": "Grabación de llamadas",
    "fr": "Enregistrement des appels",
    "it": "Registrazione chiamate",
    "nl": "Gespreksopname",
}


@pytest.mark.parametrize("language", SWITCHED)
async def test_the_switch_is_turned_by_the_built_in_sentences(
    hass: HomeAssistant, say: Say, simulator: Simulator, language: str
) -> None:
    from homeassistant.helpers import entity_registry as er

    er.async_get(hass).async_update_entity(MASTER, name=NAMES[language])
    await hass.async_block_till_done(wait_background_tasks=True)
    off, on = SWITCHED[language]
    print(off, await say(off, language))
    assert state(hass, MASTER) == "off"
    print(await say(on, language))
    assert state(hass, MASTER) == "on"

"""Intents for call recording, for sentences of one's own and for other voice assistants."""

from datetime import timedelta
from typing import Any, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import intent
import probatio

from .const import MAX_HOLD
from .voice import (
    Command,
    RefusedError,
    answer,
    async_area_of,
    async_carry_out,
    async_get_languages,
    preferred,
)

INTENT_PAUSE = "SignalWirePauseRecordings"
INTENT_RESUME = "SignalWireResumeRecordings"
INTENT_STOP = "SignalWireStopRecording"
INTENT_STOP_ALL = "SignalWireStopAllRecordings"
INTENT_IS_RECORDING = "SignalWireIsRecording"
INTENT_COUNT = "SignalWireCountRecordings"

_INTENTS = {
    INTENT_PAUSE: (
        Command.PAUSE,
        "Pauses the recording of phone calls, for so long if given",
    ),
    INTENT_RESUME: (Command.RESUME, "Resumes the recording of phone calls"),
    INTENT_STOP: (Command.STOP, "Stops the only recording of a phone call for good"),
    INTENT_STOP_ALL: (Command.STOP_ALL, "Stops all recordings of phone calls for good"),
    INTENT_IS_RECORDING: (Command.IS_RECORDING, "Tells whether a phone call is being recorded"),
    INTENT_COUNT: (Command.COUNT, "Tells how many phone calls are being recorded"),
}
_UNITS = ("hours", "minutes", "seconds")
_LINE = "line"
_AREA = "preferred_area_id"


def _bounded(number: float) -> float:
    """Return the number, or as much as no unit needs; raises Invalid for one below 0."""
    if not number >= 0:
        raise probatio.Invalid("A time can't be less than none")
    return min(number, MAX_HOLD.total_seconds())


async def async_setup_intents(hass: HomeAssistant) -> None:
    """Set up the intents, once Home Assistant takes any."""
    for intent_type, (command, description) in _INTENTS.items():
        intent.async_register(hass, RecordingIntentHandler(intent_type, command, description))


class RecordingIntentHandler(intent.IntentHandler):
    """Does by an intent what the sentences do, and answers in the intent's language."""

    def __init__(self, intent_type: str, command: Command, description: str) -> None:
        self.intent_type = intent_type
        self.description = description
        self._command = command

    @property
    @override
    def slot_schema(self) -> dict[Any, Any]:
        """Return the slots: the `line`, and for a pause `hours`, `minutes` and `seconds`.

        Without the name of a line, those in the area are meant, if there are any.
        """
        schema: dict[Any, Any] = {
            probatio.Optional(_LINE): cv.string,
            probatio.Optional(_AREA): cv.string,
        }
        if self._command is Command.PAUSE:
            number = probatio.All(probatio.Coerce(float), _bounded)
            schema |= {probatio.Optional(unit): number for unit in _UNITS}
        return schema

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        """Do it, and say what came of it."""
        hass = intent_obj.hass
        slots = self.async_validate_slots(intent_obj.slots)
        said = {name: slot["value"] for name, slot in slots.items()}
        units = _UNITS if self._command is Command.PAUSE else ()
        duration = timedelta(**{unit: said[unit] for unit in units if unit in said})
        language = preferred(
            await async_get_languages(hass), intent_obj.language, hass.config.language
        )[0]
        response = intent_obj.create_response()
        try:
            outcome = await async_carry_out(
                hass,
                self._command,
                duration=min(duration, MAX_HOLD) or None,
                line=said.get(_LINE),
                area_id=said.get(_AREA)
                or async_area_of(hass, intent_obj.device_id, intent_obj.satellite_id),
                context=intent_obj.context,
                assistant=intent_obj.assistant,
            )
        except RefusedError as err:
            response.async_set_error(
                intent.IntentResponseErrorCode.FAILED_TO_HANDLE, language.text(err.refusal)
            )
            return response
        text = answer(outcome, language)
        if not outcome.confirmed:
            response.async_set_error(intent.IntentResponseErrorCode.FAILED_TO_HANDLE, text)
            return response
        if self._command.is_question:
            response.response_type = intent.IntentResponseType.QUERY_ANSWER
        response.async_set_speech(text)
        return response

"""Listens for the sentences, wherever Home Assistant takes sentences, without copied files.

A conversation trigger is the one way open to an integration: an intent of its own matches no
sentence. It goes ahead of language models too. It knows no language, so all are listened for.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_COMMAND, CONF_ID, CONF_PLATFORM
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.script import ScriptRunResult
from homeassistant.helpers.trigger import async_initialize_triggers
from homeassistant.helpers.typing import ConfigType
from homeassistant.setup import async_when_setup
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, LOGGER
from .access import RefusedError
from .answers import answer
from .commands import async_carry_out
from .language import async_get_languages, preferred

if TYPE_CHECKING:
    from .recognition import Recognizer

_CONVERSATION: Final = "conversation"
# There from the first project's set-up to the last one's removal.
_LISTENING: HassKey[Listening] = HassKey(f"{DOMAIN}_sentences")


def trigger_config(sentences: list[str]) -> list[ConfigType]:
    """Return the trigger that listens for the sentences.

    A test validates it: at every set-up that would keep the event loop busy.
    """
    return [{CONF_PLATFORM: _CONVERSATION, CONF_COMMAND: sentences, CONF_ID: "0"}]


class Listening:
    """The sentence trigger, from when it is wanted; there is none without conversation."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._wanted = True
        self._detach: CALLBACK_TYPE | None = None

    async def async_start(self, *_: object) -> None:
        """Begin to listen."""
        languages = await async_get_languages(self._hass)
        # Only now: what it imports comes with conversation.
        recognition = await async_import_module(self._hass, f"{__package__}.recognition")
        recognizer: Recognizer = await self._hass.async_add_executor_job(
            recognition.Recognizer, languages.values()
        )

        async def action(
            variables: Mapping[str, Any], context: Context | None = None
        ) -> ScriptRunResult:
            text = await _async_answer(self._hass, recognizer, variables["trigger"])
            return ScriptRunResult(text, None, {})

        config = trigger_config(recognition.trigger_sentences(languages.values()))
        detach = await async_initialize_triggers(
            self._hass, config, action, DOMAIN, "sentences", _log
        )
        if self._wanted:
            self._detach = detach
        elif detach is not None:
            # The last project was removed meanwhile.
            detach()

    @callback
    def stop(self) -> None:
        """Listen no more."""
        self._wanted = False
        if self._detach is not None:
            self._detach()
            self._detach = None


@callback
def async_set_up_sentences(hass: HomeAssistant) -> None:
    """Listen for the sentences as soon as there is a conversation, unless that is done."""
    if _LISTENING not in hass.data:
        listening = hass.data[_LISTENING] = Listening(hass)
        async_when_setup(hass, _CONVERSATION, listening.async_start)


@callback
def async_stop_listening(hass: HomeAssistant) -> None:
    """Listen no more, until the sentences are set up again."""
    if (listening := hass.data.pop(_LISTENING, None)) is not None:
        listening.stop()


def _log(level: int, message: str, **details: Any) -> None:
    LOGGER.log(level, "Spoken sentences: %s", message, **details)


async def _async_answer(
    hass: HomeAssistant, recognizer: Recognizer, trigger: Mapping[str, Any]
) -> str:
    """Do what a sentence asks, and return the answer in its language."""
    user_input: Mapping[str, Any] = trigger["user_input"]
    languages = preferred(
        await async_get_languages(hass), user_input["language"], hass.config.language
    )
    request = await hass.async_add_executor_job(
        recognizer.recognize, trigger["sentence"], languages
    )
    if request is None:
        # The trigger takes the same sentences; without an answer it would claim to have done it.
        return languages[0].text("not_understood")
    try:
        outcome = await async_carry_out(
            hass,
            request.command,
            duration=request.duration,
            context=Context(
                user_id=user_input["context"]["user_id"],
                parent_id=user_input["context"]["parent_id"],
                id=user_input["context"]["id"],
            ),
            assistant=_CONVERSATION,
        )
    except RefusedError as err:
        return request.language.text(err.refusal)
    return answer(outcome, request.language, duration_unclear=request.duration_unclear)

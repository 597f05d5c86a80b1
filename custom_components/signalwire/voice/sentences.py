"""Listens for the sentences, wherever Home Assistant takes sentences, without copied files.

A conversation trigger is the one way open to an integration: an intent of its own matches no
sentence. It goes ahead of language models and of Home Assistant's own sentences, and it knows no
language, so all are listened for. Nothing is while no switch "Call recording" is exposed.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.homeassistant.exposed_entities import async_listen_entity_updates
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED
from homeassistant.const import CONF_COMMAND, CONF_ID, CONF_PLATFORM, EVENT_STATE_CHANGED
from homeassistant.core import (
    CALLBACK_TYPE,
    Context,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.script import ScriptRunResult
from homeassistant.helpers.trigger import async_initialize_triggers
from homeassistant.helpers.typing import ConfigType
from homeassistant.setup import async_when_setup
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, LOGGER
from .access import RefusedError, async_area_of, async_exposed_scopes
from .answers import answer
from .commands import async_carry_out
from .language import Language, async_get_languages, preferred
from .names import async_names_of_others
from .templates import Noun

if TYPE_CHECKING:
    from .recognition import Recognizer

_CONVERSATION: Final = "conversation"
# Seconds; many names change at once, at start above all.
_SETTLE = 1.0
# What of entities and devices decides what is listened for.
_FOLLOWED = {"aliases", "area_id", "name", "name_by_user", "original_name"}
# There from the first project's set-up to the last one's removal.
_LISTENING: HassKey[Listening] = HassKey(f"{DOMAIN}_sentences")


def trigger_config(sentences: list[str]) -> list[ConfigType]:
    """Return the trigger that listens for the sentences.

    A test validates it: at every set-up that would keep the event loop busy.
    """
    return [{CONF_PLATFORM: _CONVERSATION, CONF_COMMAND: sentences, CONF_ID: "0"}]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be listened for: sentences with the names of the lines, and without any.

    With `only_lines` a sentence without a line could not be carried out; `taken` are the ways to
    name what is recorded, by language, that are the name of something else.
    """

    lines: tuple[str, ...]
    only_lines: bool
    taken: frozenset[tuple[str, Noun]]


class Listening:
    """Keeps the sentence trigger as it is wanted; there is none without conversation."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._languages: Mapping[str, Language] = {}
        self._stopped = False
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._is_stale = False
        self._is_following = False
        self._wanted: _Wanted | None = None
        self._detach: CALLBACK_TYPE | None = None

    async def async_start(self, *_: object) -> None:
        """Begin to listen, and to follow what changes that."""
        self._languages = await async_get_languages(self._hass)
        # Only now: what it imports comes with conversation.
        self._recognition = await async_import_module(self._hass, f"{__package__}.recognition")
        self._recognizer: Recognizer = await self._hass.async_add_executor_job(
            self._recognition.Recognizer, self._languages.values()
        )
        if self._stopped:
            # The last project was removed meanwhile.
            return
        listen, changed = self._hass.bus.async_listen, self._async_changed
        self._unsubscribe = [
            async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed),
            async_listen_entity_updates(self._hass, _CONVERSATION, changed),
            listen(er.EVENT_ENTITY_REGISTRY_UPDATED, changed, event_filter=_is_of_identity),
            listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, changed, event_filter=_is_of_identity),
            listen(EVENT_STATE_CHANGED, changed, event_filter=_is_of_existence),
        ]
        self._async_changed()

    @callback
    def stop(self) -> None:
        """Listen no more."""
        self._stopped = True
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        self._async_detach()

    @callback
    def _async_changed(self, *_: object) -> None:
        self._is_stale = True
        if not self._is_following:
            self._is_following = True
            self._hass.async_create_background_task(
                self._async_follow(), "signalwire sentences", eager_start=False
            )

    async def _async_follow(self) -> None:
        try:
            while self._is_stale and not self._stopped:
                self._is_stale = False
                await self._async_update()
                await asyncio.sleep(_SETTLE)
        finally:
            self._is_following = False

    async def _async_update(self) -> None:
        """Listen for what is wanted now, unless that is done."""
        wanted = await self._async_wanted()
        if wanted == self._wanted:
            return
        if wanted is None:
            self._async_detach()
            return
        sentences = await self._hass.async_add_executor_job(
            partial(
                self._recognition.trigger_sentences,
                self._languages.values(),
                wanted.taken,
                wanted.lines,
                only_lines=wanted.only_lines,
            )
        )
        self._async_detach()
        detach = await async_initialize_triggers(
            self._hass, trigger_config(sentences), self._async_answer, DOMAIN, "sentences", _log
        )
        self._wanted, self._detach = wanted, detach
        if self._stopped:
            # The last project was removed meanwhile.
            self._async_detach()

    async def _async_wanted(self) -> _Wanted | None:
        """Return what to listen for, None for nothing."""
        scopes = async_exposed_scopes(self._hass, _CONVERSATION)
        if not scopes:
            return None
        lines = dict.fromkeys(scope.name for scope in scopes if scope.line_id is not None)
        only_lines = all(scope.line_id is not None and scope.area_id is None for scope in scopes)
        taken = await self._hass.async_add_executor_job(
            self._recognizer.taken, async_names_of_others(self._hass, _CONVERSATION)
        )
        return _Wanted(tuple(lines), only_lines, frozenset(taken))

    @callback
    def _async_detach(self) -> None:
        self._wanted = None
        if self._detach is not None:
            self._detach()
            self._detach = None

    async def _async_answer(
        self, variables: Mapping[str, Any], context: Context | None = None
    ) -> ScriptRunResult:
        """Do what a sentence asks, and return the answer in its language."""
        return ScriptRunResult(await self._async_text(variables["trigger"]), None, {})

    async def _async_text(self, trigger: Mapping[str, Any]) -> str:
        user_input: Mapping[str, Any] = trigger["user_input"]
        languages = preferred(self._languages, user_input["language"], self._hass.config.language)
        lines = () if self._wanted is None else self._wanted.lines
        request = await self._hass.async_add_executor_job(
            self._recognizer.recognize, trigger["sentence"], languages, lines
        )
        if request is None:
            # The trigger takes the same sentences; without an answer it would claim to have done
            # it.
            return languages[0].text("not_understood")
        area_id = async_area_of(self._hass, trigger["device_id"], trigger["satellite_id"])
        try:
            outcome = await async_carry_out(
                self._hass,
                request.command,
                duration=request.duration,
                line=request.line,
                area_id=None if request.everything else area_id,
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


@callback
def _is_of_identity(
    event: er.EventEntityRegistryUpdatedData | dr.EventDeviceRegistryUpdatedData,
) -> bool:
    """Return whether a name or an area may be another now."""
    return event["action"] != "update" or not _FOLLOWED.isdisjoint(event["changes"])


@callback
def _is_of_existence(event: EventStateChangedData) -> bool:
    """Return whether an entity has come or gone."""
    return event["old_state"] is None or event["new_state"] is None

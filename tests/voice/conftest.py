"""A Home Assistant that can be spoken to."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from unittest.mock import patch

from hassil import Intents
from homeassistant.components import conversation
from homeassistant.components.conversation.agent_manager import get_agent_manager
from homeassistant.components.conversation.default_agent import DefaultAgent, LanguageIntents
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
import orjson
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire.voice import commands, sentences
from custom_components.signalwire.voice.templates import Templates
from simulator import Simulator

type Say = Callable[..., Awaitable[str]]
type IsListenedFor = Callable[[str], Awaitable[bool]]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a machine that is busy with something else take its time."""
    monkeypatch.setattr(commands, "ANSWER_TIMEOUT", 60)


@pytest.fixture(autouse=True)
def attentive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is listened for follow at once what changes that."""
    monkeypatch.setattr(sentences, "_SETTLE", 0)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, patient: None) -> None:
    """Let nobody wait long for what does not come."""
    monkeypatch.setattr(commands, "ANSWER_TIMEOUT", 1)


@pytest.fixture(scope="session", autouse=True)
def _sentences_are_parsed_once() -> Iterator[None]:
    """Let all tests share what Home Assistant makes of its sentences, and of ours."""
    parsed: dict[bytes, Intents] = {}
    loaded: dict[tuple[str, bytes], LanguageIntents | None] = {}
    joined: dict[tuple[str, ...], str] = {}
    from_dict, load, join = Intents.from_dict, DefaultAgent._load_intents, Templates._joined

    def parse_once(sentences: dict[str, Any]) -> Intents:
        key = orjson.dumps(sentences)
        if key not in parsed:
            parsed[key] = from_dict(sentences)
        return parsed[key]

    def load_once(agent: DefaultAgent, language: str) -> LanguageIntents | None:
        key = language, orjson.dumps(agent._config_intents_config)
        if key not in loaded:
            loaded[key] = load(agent, language)
        return loaded[key]

    def join_once(templates: Templates, parts: Iterator[str]) -> str:
        key = templates.before, templates.after, *parts
        if key not in joined:
            joined[key] = join(templates, iter(key[2:]))
        return joined[key]

    with (
        patch.object(Templates, "_joined", join_once),
        patch.object(Intents, "from_dict", parse_once),
        patch.object(DefaultAgent, "_load_intents", load_once),
    ):
        yield


@pytest.fixture
async def spoken_to(hass: HomeAssistant) -> None:
    """Set up the real default agent."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})


@pytest.fixture
async def say(hass: HomeAssistant, spoken_to: None, loaded: MockConfigEntry) -> Say:
    """Return what says a sentence to Home Assistant, and returns its answer."""
    await hass.async_block_till_done(wait_background_tasks=True)

    async def say(
        text: str,
        language: str | None = "en",
        context: Context | None = None,
        device_id: str | None = None,
        satellite_id: str | None = None,
    ) -> str:
        result = await conversation.async_converse(
            hass,
            text,
            None,
            context or Context(),
            language=language,
            device_id=device_id,
            satellite_id=satellite_id,
        )
        assert result.response.response_type is not intent.IntentResponseType.ERROR, text
        return str(result.response.speech["plain"]["speech"])

    return say


@pytest.fixture
async def is_listened_for(hass: HomeAssistant) -> IsListenedFor:
    """Return what tells whether a sentence is taken from Home Assistant, once all has settled."""

    async def is_listened_for(text: str) -> bool:
        await hass.async_block_till_done(wait_background_tasks=True)
        agent = get_agent_manager(hass).default_agent
        assert agent is not None
        user_input = conversation.ConversationInput(
            text=text,
            context=Context(),
            conversation_id=None,
            device_id=None,
            satellite_id=None,
            language="en",
            agent_id=conversation.HOME_ASSISTANT_AGENT,
        )
        return await agent.async_recognize_sentence_trigger(user_input) is not None

    return is_listened_for


@pytest.fixture
async def second(hass: HomeAssistant, loaded: MockConfigEntry) -> AsyncIterator[Simulator]:
    """Return the space of a second project, which is set up too."""
    project = "0a3d2f64-6f0f-4b0e-8f0b-1d1f4b0a9c11"
    simulator = Simulator(project=project, token="PTanother", space_name="Clinic")
    await simulator.start()
    entry = MockConfigEntry(
        domain="signalwire",
        title="Clinic",
        unique_id=project,
        data={"space": simulator.url, "project_id": project, "api_token": "PTanother"},
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    yield simulator
    await simulator.stop()

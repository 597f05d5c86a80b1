"""Every text that can be shown is there, and every text that is there can be shown."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util.yaml import parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.signalwire import config_flow
from custom_components.signalwire.condition import CONDITIONS
from custom_components.signalwire.project.activity import ActivityType
from custom_components.signalwire.project.updates import Actor
from custom_components.signalwire.trigger import TRIGGERS

FOLDER = Path(config_flow.__file__).parent
CODE = "\n".join(path.read_text() for path in FOLDER.rglob("*.py"))
TEXTS: dict[str, Any] = json.loads((FOLDER / "translations" / "en.json").read_text())
LANGUAGES = ("de", "es", "fr", "it", "nl")
PLACEHOLDER = re.compile(r"\{\w+\}")
ICONS: dict[str, Any] = json.loads((FOLDER / "icons.json").read_text())


def _leaves(texts: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in texts.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}.{key}")
        else:
            yield f"{path}.{key}", value


def test_every_error_of_the_code_has_a_sentence() -> None:
    raised = set(re.findall(r'translation_key="(\w+)"', CODE))
    raised |= set(re.findall(r'\b(?:validation_error|operation_error)\(\s*"(\w+)"', CODE))
    entities = {key for platform in TEXTS["entity"].values() for key in platform}
    others = entities | set(TEXTS["issues"]) | set(TEXTS["device"]) | set(TEXTS["selector"])
    assert raised - others == set(TEXTS["exceptions"])


def test_every_error_of_the_flow_has_a_sentence() -> None:
    source = (FOLDER / "config_flow.py").read_text()
    for key in (*TEXTS["config"]["error"], *TEXTS["options"]["error"]):
        assert f'"{key}"' in source, f"{key} is never shown"
    for key in re.findall(r'errors\[\w+\] = "(\w+)"', source):
        assert key in TEXTS["config"]["error"]


def test_every_trigger_and_condition_has_a_name_a_description_and_an_icon() -> None:
    for kind, names in (("triggers", TRIGGERS), ("conditions", CONDITIONS)):
        described = parse_yaml((FOLDER / f"{kind}.yaml").read_text())
        assert isinstance(described, dict)
        shown = {name: fields for name, fields in described.items() if not name.startswith(".")}
        assert set(names) == set(TEXTS[kind]) == set(shown) == set(ICONS[kind])
        for name, text in TEXTS[kind].items():
            assert text["name"]
            assert text["description"]
            assert set(text.get("fields", {})) == set(shown[name].get("fields", {})), name


def test_every_action_and_its_fields_are_described() -> None:
    described = parse_yaml((FOLDER / "services.yaml").read_text())
    assert isinstance(described, dict)
    assert set(described) == set(TEXTS["services"]) == set(ICONS["services"])
    for name, action in described.items():
        assert set(action["fields"]) == set(TEXTS["services"][name]["fields"]), name


def test_the_logbook_has_words_for_everything_that_happens() -> None:
    words = {f"logbook_{kind}" for kind in ActivityType} | {f"actor_{actor}" for actor in Actor}
    assert words == {key for key in TEXTS["common"] if key.startswith(("actor_", "logbook_"))}


def test_every_issue_has_a_title_and_says_what_to_do() -> None:
    for key, issue in TEXTS["issues"].items():
        assert f'"{key}"' in (FOLDER / "project" / "issues.py").read_text()
        assert set(issue) in ({"title", "description"}, {"title", "fix_flow"})


def test_every_text_of_the_media_browser_is_there() -> None:
    shown = set(re.findall(r'common\("(\w+)"\)', CODE))
    told = {key for key in TEXTS["common"] if key.startswith(("actor_", "logbook_"))}
    assert shown == set(TEXTS["common"]) - told


def test_every_figure_of_the_system_health_has_a_name() -> None:
    source = (FOLDER / "system_health.py").read_text()
    shown = set(re.findall(r'info\["(\w+)"\]', source)) | {"projects"}
    assert shown == set(TEXTS["system_health"]["info"])


@pytest.mark.parametrize("step", ["user", "reconfigure", "reauth_confirm"])
def test_every_field_is_explained(step: str) -> None:
    texts = TEXTS["config"]["step"][step]
    assert set(texts["data"]) == set(texts["data_description"])


def test_every_option_is_explained() -> None:
    steps = TEXTS["options"]["step"]
    for step, schema in (
        ("settings", config_flow._SETTINGS_SCHEMA),
        ("webhook", config_flow._WEBHOOK_SCHEMA),
        ("retention", config_flow._RETENTION_SCHEMA),
        ("retention_confirm", config_flow._CONFIRM_SCHEMA),
        ("copies", config_flow._COPIES_SCHEMA),
    ):
        texts = steps[step]
        options = {str(key) for key in schema.schema}
        assert set(texts["data"]) == set(texts["data_description"])
        assert set(texts["data"]) - {"address", "forget_signing_key", "copy_folder"} == options


def test_no_text_is_empty_or_refers_to_another() -> None:
    for path, text in _leaves(TEXTS):
        assert text.strip(), path
        assert "[%key:" not in text, path


@pytest.mark.usefixtures("entity_registry_enabled_by_default", "lines")
async def test_every_entity_has_a_name_an_icon_and_words_for_its_states(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    for entity in er.async_entries_for_config_entry(er.async_get(hass), loaded.entry_id):
        texts = TEXTS["entity"][entity.domain][entity.translation_key]
        # The switch of a slot is named like its device.
        assert "name" in texts or entity.translation_key == "recording"
        assert entity.translation_key in ICONS["entity"][entity.domain]
        states = (entity.capabilities or {}).get("options")
        if states:
            assert set(states) == set(texts["state"]), entity.entity_id
    described = {(platform, key) for platform, texts in TEXTS["entity"].items() for key in texts}
    shown = {
        (entity.domain, entity.translation_key)
        for entity in er.async_entries_for_config_entry(er.async_get(hass), loaded.entry_id)
    }
    assert described == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_its_placeholders(language: str) -> None:
    texts = json.loads((FOLDER / "translations" / f"{language}.json").read_text())
    translated, english = dict(_leaves(texts)), dict(_leaves(TEXTS))
    assert translated.keys() == english.keys()
    for path, text in english.items():
        there, here = (sorted(PLACEHOLDER.findall(found)) for found in (text, translated[path]))
        assert there == here, path
        assert translated[path].strip(), path
        # A sentence that was left in English.
        assert translated[path] != text or len(text.split()) < 4, path


@pytest.mark.parametrize("language", LANGUAGES)
def test_triggers_and_conditions_are_found_by_the_name_of_the_service(language: str) -> None:
    texts = json.loads((FOLDER / "translations" / f"{language}.json").read_text())
    for kind in ("triggers", "conditions"):
        for key, text in texts[kind].items():
            # The editor searches names and descriptions.
            assert "SignalWire" in text["description"], f"{kind}.{key}"

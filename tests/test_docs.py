"""The documents: links lead somewhere, pictures are there, and examples are valid."""

from pathlib import Path
import re
from typing import Any
from urllib.parse import unquote

from homeassistant.components.automation.config import async_validate_config_item
from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import is_template_string
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

_ROOT = Path(__file__).parent.parent
_PAGES = [*sorted(_ROOT.glob("*.md")), *sorted((_ROOT / "docs").glob("*.md"))]
_LINK = re.compile(r"\]\(([^()\s]*(?:\([^()]*\)[^()\s]*)*)\)")
_IMAGE = re.compile(r'<img src="([^"]+)"')
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
_ELSEWHERE = ("http://", "https://", "mailto:")

_AUTOMATION = {"triggers": [{"trigger": "homeassistant", "event": "start"}], "actions": []}
# In what is no automation: a dashboard, sentences, the configuration.
_OTHER = {"type", "recorder", "strategy", "intents", "homeassistant"}


def _prose(page: Path) -> str:
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def _anchors(page: Path) -> set[str]:
    """Return what the headings of a page are linked by on GitHub."""
    anchors: dict[str, int] = {}
    for heading in _HEADING.findall(_prose(page)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        number = anchors.get(slug, -1) + 1
        anchors[slug] = number
        if number:
            anchors[f"{slug}-{number}"] = 0
    return set(anchors)


def _targets() -> list[tuple[Path, str]]:
    return [
        (page, target)
        for page in _PAGES
        for target in (*_LINK.findall(_prose(page)), *_IMAGE.findall(_prose(page)))
        if not target.startswith(_ELSEWHERE)
    ]


def _examples() -> list[tuple[str, str]]:
    """Return the YAML examples, each with the page and the line where it stands."""
    found = []
    for page in _PAGES:
        text = page.read_text(encoding="utf-8")
        for match in _FENCED.finditer(text):
            if match[2] in ("yaml", "yml"):
                line = text.count("\n", 0, match.start()) + 1
                indented = match[3]
                lines = [each.removeprefix(match[1]) for each in indented.splitlines()]
                found.append((f"{page.relative_to(_ROOT)}:{line}", "\n".join(lines)))
    return found


def _parts(config: object) -> list[dict[str, Any]]:
    """Return every mapping within, itself included."""
    if isinstance(config, list):
        return [part for each in config for part in _parts(each)]
    if isinstance(config, dict):
        return [config, *(part for each in config.values() for part in _parts(each))]
    return []


def test_there_are_links_and_examples() -> None:
    assert len(_targets()) > 50
    assert len(_examples()) > 10


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    wrong = []
    for page, target in _targets():
        path, _, anchor = target.partition("#")
        there = page if not path else (page.parent / unquote(path)).resolve()
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            wrong.append(f"{page.relative_to(_ROOT)}: {target}")
    assert wrong == []


def test_every_picture_is_shown_somewhere() -> None:
    shown = {(page.parent / target).resolve() for page, target in _targets()}
    pictures = set((_ROOT / "docs" / "pictures").iterdir())
    assert pictures - shown == set()


@pytest.mark.parametrize(("place", "text"), _examples(), ids=[place for place, _ in _examples()])
async def test_every_example_is_valid(
    hass: HomeAssistant, loaded: MockConfigEntry, place: str, text: str
) -> None:
    config: Any = parse_yaml(text)
    is_list = isinstance(config, list)
    if not is_list and _OTHER & config.keys():
        return
    assert await async_setup_component(hass, "automation", {})
    if is_list:
        config = {"actions": config}
    elif "action" in config:
        config = {"actions": [config]}
    validated = await async_validate_config_item(hass, place, {**_AUTOMATION, **config})
    assert validated is not None
    assert validated.validation_error is None, validated.validation_error
    for part in _parts(config):
        action = part.get("action")
        if isinstance(action, str) and action.startswith("signalwire."):
            _check_action(hass, action.removeprefix("signalwire."), part)


def _check_action(hass: HomeAssistant, name: str, part: dict[str, Any]) -> None:
    """Check what is given to one of our actions; of templates that there is such a field."""
    given = {**part.get("target", {}), **part.get("data", {})}
    service = hass.services.async_services_for_domain("signalwire")[name]
    assert service.schema is not None
    literal = {key: value for key, value in given.items() if not is_template_string(str(value))}
    fields = {**literal, **dict.fromkeys(given.keys() - literal.keys(), "2026-01-01")}
    service.schema(fields)

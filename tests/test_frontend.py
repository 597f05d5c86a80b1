"""The card and the dashboard are served where there is a frontend, and are complete."""

from http import HTTPStatus
import json
from pathlib import Path
import re
import shutil

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.signalwire import frontend
from custom_components.signalwire.frontend import FOLDER

LANGUAGES = {"en", "de", "es", "fr", "it", "nl"}
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.js"))
TEXTS: dict[str, dict[str, str]] = json.loads((FOLDER / "texts.json").read_text(encoding="utf-8"))


async def _modules(hass: HomeAssistant) -> list[str]:
    """Return the modules of ours that every page loads."""
    assert await async_setup_component(hass, "frontend", {})
    assert await async_setup_component(hass, "signalwire", {})
    return [url for url in hass.data[DATA_EXTRA_MODULE_URL].urls if "signalwire" in url]


async def test_every_page_loads_the_module_once(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator
) -> None:
    [url] = await _modules(hass)
    client = await hass_client_no_auth()
    # The path has the version in it, so that the modules that it imports have it too.
    for path in FOLDER.iterdir():
        response = await client.get(url.replace("main.js", path.name))
        assert response.status == HTTPStatus.OK
        assert await response.read() == path.read_bytes()
        assert "max-age" in response.headers["Cache-Control"]
    response = await client.get(url.replace("main.js", "none.js"))
    assert response.status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("name", ["card.css", "card.js", "texts.json"])
async def test_a_changed_file_has_another_address(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "www")
    monkeypatch.setattr("custom_components.signalwire.frontend.FOLDER", folder)
    same = frontend._version()
    with (folder / name).open("a") as file:
        file.write(" ")
    [url] = await _modules(hass)
    assert frontend._version() in url
    assert frontend._version() != same


async def test_nothing_is_missing_without_a_frontend(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    assert "frontend" not in hass.config.components
    assert DATA_EXTRA_MODULE_URL not in hass.data


def test_the_modules_are_small() -> None:
    assert len(SOURCE.encode()) < 46_000


def test_every_language_has_every_text() -> None:
    assert TEXTS.keys() == LANGUAGES
    english = TEXTS["en"]
    for texts in TEXTS.values():
        assert texts.keys() == english.keys()
        for key, text in texts.items():
            assert text.strip()
            assert set(re.findall(r"{\d}", text)) == set(re.findall(r"{\d}", english[key])), key


def test_every_text_is_used() -> None:
    words = set(re.findall(r'["`](\w+)["`]', SOURCE))
    # Composed from what happens: `failed_${verb}`.
    for prefix, suffix in re.findall(r"`(\w*)\$\{\w+\}(\w*)", SOURCE):
        words |= {f"{prefix}{word}{suffix}" for word in words}
    words |= {f"{word}_all" for word in words}
    assert TEXTS["en"].keys() - words == set()


def test_nothing_is_loaded_from_elsewhere() -> None:
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"@import|url\(", text)
        for source in re.findall(r'(?:from|import) "([^"]+)"', text):
            assert (FOLDER / source).is_file(), source

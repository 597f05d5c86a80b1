"""The voice tests run what Home Assistant runs."""

import json
from pathlib import Path

from homeassistant.components import conversation

_PINS = Path(__file__).resolve().parents[2] / "requirements_test.txt"


def test_what_understands_the_sentences_is_pinned_as_home_assistant_pins_it() -> None:
    manifest = json.loads((Path(conversation.__file__).parent / "manifest.json").read_text())
    assert set(manifest["requirements"]) <= set(_PINS.read_text().splitlines())

"""The examples of announcements: well-formed, and of what SignalWire documents of cXML."""

from pathlib import Path
import re
from xml.etree import ElementTree as ET

import pytest

from custom_components.signalwire.config_flow import _CXML_EXAMPLE

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "consent.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```xml\n(.*?)```", TEXT, re.DOTALL)
ADDRESS = "https://home.example.org/api/webhook/ID"
CALLBACK = {"recordingStatusCallback", "recordingStatusCallbackEvent"}
VERBS = {
    "Response": set(),
    "Say": set(),
    "Dial": {"record", *CALLBACK},
    "Number": {"url"},
    "Conference": {"record", *CALLBACK},
    "Gather": {"numDigits", "timeout", "action"},
    "Record": {"maxLength", "playBeep", *CALLBACK},
}
INSIDE = {
    "Response": {"Say", "Dial", "Gather", "Record"},
    "Dial": {"Number", "Conference"},
    "Gather": {"Say"},
}
EVENTS = {
    "Dial": {"in-progress", "completed", "absent"},
    "Record": {"in-progress", "completed", "absent"},
    "Conference": {"in-progress", "completed", "failed"},
}
RECORD = {"Dial": "record-from-answer", "Conference": "record-from-start"}


def _records(element: ET.Element) -> bool:
    return element.tag == "Record" or "record" in element.attrib


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_cxml_as_it_is_documented(example: str) -> None:
    root = ET.fromstring(example)  # noqa: S314 (our own text)
    assert root.tag == "Response"
    for element in root.iter():
        assert element.attrib.keys() <= VERBS[element.tag]
        assert {child.tag for child in element} <= INSIDE.get(element.tag, set())
        if not _records(element):
            assert not element.attrib.keys() & CALLBACK
            continue
        assert element.attrib.get("record") == RECORD.get(element.tag)
        assert element.attrib["recordingStatusCallback"] == ADDRESS
        assert set(element.attrib["recordingStatusCallbackEvent"].split()) == EVENTS[element.tag]


@pytest.mark.parametrize("example", EXAMPLES)
def test_nothing_is_recorded_before_it_was_said(example: str) -> None:
    verbs = list(ET.fromstring(example))  # noqa: S314 (our own text)
    for number, verb in enumerate(verbs):
        if any(map(_records, verb.iter())):
            said = [element for before in verbs[:number] for element in before.iter("Say")]
            assert any("record" in (element.text or "") for element in said)


def test_the_callbacks_are_those_that_the_options_show() -> None:
    shown = {
        tag: set(re.search(rf"<{tag}\b.*?Event=\"([^\"]*)\"", _CXML_EXAMPLE, re.DOTALL)[1].split())  # type: ignore[index]  # it is there
        for tag in EVENTS
    }
    assert shown == EVENTS
    assert len(EXAMPLES) == 7

"""The demo's start page: a section for the project, and one for each recording slot."""

from collections.abc import Mapping
from typing import Any

from .entities import Devices, Entities

URL_PATH = "call-recordings"
TITLE = "Call recordings"
ICON = "mdi:record-rec"
BROUGHT = {
    "url_path": "signalwire-recordings",
    "title": "SignalWire recordings",
    "icon": "mdi:phone-in-talk",
}

_SLOTS = 4
_HALF = 6

type Card = dict[str, Any]


def build(devices: Devices) -> dict[str, Any]:
    """Return the dashboard's configuration."""
    return {
        "views": [
            {
                "type": "sections",
                "title": TITLE,
                "path": "live",
                "icon": ICON,
                "max_columns": 4,
                "header": _header(devices.project),
                "badges": _badges(devices.project),
                "sections": [
                    _call_recording(devices.project),
                    *(
                        _slot(devices.slot.of_slot(number), number)
                        for number in range(1, _SLOTS + 1)
                    ),
                ],
            }
        ]
    }


def _header(project: Entities) -> Card:
    active, master = project.ids["sensor.active_recordings"], project.ids["switch.call_recording"]
    content = f"""# {{{{ device_name('{active}') }}}}
{{% set active = states('{active}') %}}
{{% if not active | is_number %}}SignalWire does not answer: what is recorded is not known.
{{% elif is_state('{master}', 'off') and not state_attr('{master}', 'confirmed') %}}Not all \
recordings are paused yet.
{{% elif is_state('{master}', 'off') %}}Nothing is recorded until call recording is switched on.
{{% elif active | int == 0 %}}No call is being recorded at the moment.
{{% else %}}Tap a recording to pause it, tap again to go on.
{{% endif %}}"""
    return {
        "layout": "start",
        "badges_position": "bottom",
        "card": {"type": "markdown", "text_only": True, "content": content},
    }


def _badges(project: Entities) -> list[Card]:
    badges = [
        {"type": "entity", "entity": entity, "name": name, "show_name": True, "color": color}
        for role, name, color in (
            ("sensor.active_recordings", "Active", "red"),
            ("sensor.paused_recordings", "Paused", "amber"),
            ("select.pause_behavior", "A pause is", "blue-grey"),
        )
        if (entity := project.get(role))
    ]
    if entity := project.get("button.stop_all"):
        badges.append(
            {
                "type": "entity",
                "entity": entity,
                "name": "Stop all",
                "show_name": True,
                "show_state": False,
                "tap_action": _press(entity, "Stop every recording for good?"),
            }
        )
    return badges


def _call_recording(project: Entities) -> Card:
    """Return the section of the switch that pauses everything, over the whole width."""
    switch, until = project.ids["switch.call_recording"], project.ids["sensor.held_until"]
    return {
        "type": "grid",
        "column_span": 4,
        "cards": [
            {
                "type": "tile",
                "entity": switch,
                "name": "Call recording",
                "color": "red",
                "tap_action": {"action": "toggle"},
                "icon_tap_action": {"action": "toggle"},
                "features": [{"type": "toggle"}],
                "features_position": "inline",
                "grid_options": {"columns": 24},
            },
            {
                **(_fact(until, "Goes back on", columns=12) or {}),
                "visibility": [
                    {"condition": "state", "entity": until, "state_not": "unknown"},
                ],
            },
        ],
    }


def _slot(slot: Entities, number: int) -> Card:
    state = slot.ids["sensor.state"]
    idle = {"condition": "state", "entity": state, "state": "idle"}
    # Where SignalWire does not answer, the control stays and says so.
    known = {"condition": "state", "entity": state, "state_not": "idle"}
    active = {"condition": "state", "entity": state, "state_not": ["idle", "unavailable"]}
    called = slot.ids["sensor.to"]
    # Nobody in particular is called in a conference: its name has the room for both.
    alone = {"condition": "state", "entity": called, "state": "unknown"}
    together = {"condition": "state", "entity": called, "state_not": "unknown"}
    details = [
        _fact(slot.get("sensor.from"), "From", alone, columns="full"),
        _fact(slot.get("sensor.from"), "From", together),
        _fact(called, "To", together),
        _fact(slot.get("sensor.started"), "Started"),
        _stop(slot.get("button.stop")),
        _choice(slot.get("select.status"), "Status"),
        _choice(slot.get("select.pause_behavior"), "A pause is"),
    ]
    section: Card = {
        "type": "grid",
        "cards": [
            {
                "type": "heading",
                "heading": f"Recording {number}",
                "icon": ICON,
                "badges": [{"type": "entity", "entity": state, "show_icon": False}],
            },
            {**_control(slot.first("switch")), "visibility": [known]},
            {**_nothing(), "visibility": [idle]},
            *(
                {**card, "visibility": [active, *card.get("visibility", ())]}
                for card in details
                if card
            ),
        ],
    }
    if number > 1:
        # Home Assistant learns of a slot with the first recording that needs it.
        section["visibility"] = [active]
    return section


def _nothing() -> Card:
    return {
        "type": "markdown",
        "content": "The next call that is recorded will show up here.",
        "grid_options": {"columns": "full"},
    }


def _control(switch: str) -> Card:
    return {
        "type": "tile",
        "entity": switch,
        "name": "This call",
        "color": "red",
        "tap_action": {"action": "toggle"},
        "icon_tap_action": {"action": "toggle"},
        "features": [{"type": "toggle"}],
        "grid_options": {"columns": "full"},
    }


def _fact(
    entity: str | None, name: str, condition: Card | None = None, columns: int | str = _HALF
) -> Card | None:
    if entity is None:
        return None
    return {
        "type": "tile",
        "entity": entity,
        "name": name,
        "color": "blue-grey",
        "grid_options": {"columns": columns},
        "visibility": [condition] if condition else [],
    }


def _stop(entity: str | None) -> Card | None:
    if entity is None:
        return None
    return {
        "type": "tile",
        "entity": entity,
        "name": "Stop",
        "color": "red",
        "hide_state": True,
        "tap_action": _press(entity, "Stop this recording for good?"),
        "icon_tap_action": _press(entity, "Stop this recording for good?"),
        "grid_options": {"columns": _HALF},
    }


def _choice(entity: str | None, name: str) -> Card | None:
    if entity is None:
        return None
    return {
        "type": "tile",
        "entity": entity,
        "name": name,
        "color": "blue-grey",
        "hide_state": True,
        "features": [{"type": "select-options"}],
        "features_position": "inline",
        "grid_options": {"columns": "full"},
    }


def _press(entity: str, question: str) -> Mapping[str, Any]:
    return {
        "action": "perform-action",
        "perform_action": "button.press",
        "target": {"entity_id": entity},
        "confirmation": {"text": question},
    }

"""Home Assistant's `rest`, set up as its documentation has it for such a service."""

from collections.abc import Mapping

from .space import ACCOUNT, PROJECT_ID, TOKEN

type PlatformConfig = dict[str, object]


def recording_path(recording: Mapping[str, str]) -> str:
    """Return the path at which a call's recording is read and updated."""
    return f"{ACCOUNT}/Calls/{recording['call_sid']}/Recordings/{recording['sid']}.json"


def rest_switch(name: str, url: str) -> PlatformConfig:
    """Return a switch that pauses the recording at an address."""
    return {
        **_platform(name, url),
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        "body_on": "Status=in-progress",
        "body_off": "Status=paused",
        "is_on_template": "{{ value_json.status == 'in-progress' }}",
    }


def rest_sensor(name: str, url: str) -> PlatformConfig:
    """Return a sensor that shows the status of the recording at an address."""
    return {
        **_platform(name, url),
        "value_template": "{{ value_json.status }}",
        "json_attributes": ["duration", "channels", "start_time", "call_sid"],
    }


def _platform(name: str, url: str) -> PlatformConfig:
    return {
        "platform": "rest",
        "name": name,
        "resource": url,
        "username": PROJECT_ID,
        "password": TOKEN,
        "scan_interval": 3600,
    }

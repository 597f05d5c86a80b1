"""The configuration folder that Home Assistant is started with."""

from datetime import UTC, datetime
import json
from pathlib import Path

from .settings import LOOPBACK

LOG_FILE = "home-assistant.log"

# Home Assistant's default set searches the local network, offers the vendor's cloud and asks for
# news on the internet. These parts are what a person sees of it that stays on this machine.
_CONFIGURATION = """\
homeassistant:
  name: SignalWire demo
  unit_system: metric
  time_zone: UTC
  country: US
  currency: USD
  language: en
  external_url: {address}

config:
conversation:
diagnostics:
frontend:
history:
logbook:
media_source:
mobile_app:
system_health:
webhook:

logger:
  default: warning
  logs:
    custom_components.signalwire: info
    # Neither ffmpeg nor the JPEG library is needed here; without them these two complain.
    haffmpeg: fatal
    homeassistant.components.camera.img_util: fatal

recorder:
  commit_interval: 1

# What the sensors of two rooms would be.
input_boolean:
  card_terminal:
    name: Card terminal in use
    icon: mdi:credit-card-wireless
  consultation:
    name: Consultation
    icon: mdi:account-heart

# What is made in the editors.
automation: !include automations.yaml
script: !include scripts.yaml
scene: !include scenes.yaml
"""
# Each holds under a name of its own: whichever room lets go first resumes nothing that the other
# still needs paused.
_AUTOMATIONS = """\
- id: card_terminal
  alias: Hold the front desk's calls while the card terminal is in use
  triggers:
    - trigger: state
      entity_id: input_boolean.card_terminal
      to: ["on", "off"]
  actions:
    - action: signalwire.{{ 'hold' if trigger.to_state.state == 'on' else 'release' }}_recordings
      target:
        entity_id: switch.front_desk_call_recording
      data:
        name: card terminal
- id: consultation
  alias: Hold all calls during a consultation
  triggers:
    - trigger: state
      entity_id: input_boolean.consultation
      to: ["on", "off"]
  actions:
    - action: signalwire.{{ 'hold' if trigger.to_state.state == 'on' else 'release' }}_recordings
      data:
        name: consultation
"""
_INCLUDED = {"automations.yaml": _AUTOMATIONS, "scripts.yaml": "{}\n", "scenes.yaml": "[]\n"}


def write_configuration(folder: Path, integration: Path, port: int) -> None:
    """Make the folder ready for a start of Home Assistant on a port."""
    (folder / "configuration.yaml").write_text(
        _CONFIGURATION.format(address=f"http://{LOOPBACK}:{port}"), encoding="utf-8"
    )
    for name, empty in _INCLUDED.items():
        if not (folder / name).exists():
            (folder / name).write_text(empty, encoding="utf-8")
    _link_integration(folder, integration)
    storage = folder / ".storage"
    storage.mkdir(mode=0o700, exist_ok=True)
    _store(storage, "http", _http(port), version=2, minor_version=2)
    if not (storage / "onboarding").exists():
        # Ticked off beforehand, for it would set up a weather service, internet radio and the
        # like, each of which goes to the internet. Its questions are answered above.
        _store(storage, "onboarding", {"done": ["core_config"]}, version=4, minor_version=1)


def _link_integration(folder: Path, integration: Path) -> None:
    package = folder / "custom_components"
    package.mkdir(exist_ok=True)
    # Without it, a regular package of this name that is installed somewhere would win.
    (package / "__init__.py").touch()
    link = package / integration.name
    if link.is_symlink() and link.readlink() == integration:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(integration, target_is_directory=True)


def _http(port: int) -> dict[str, object]:
    """Return the server's settings as Home Assistant stores them: it reads YAML only once."""
    return {
        "stable": {
            "server_host": [LOOPBACK],
            "server_port": port,
            "cors_allowed_origins": [],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": True,
            "ssl_profile": "modern",
            "use_x_frame_options": True,
            "created_at": datetime.now(UTC).isoformat(),
            "error": None,
            "error_message": None,
        },
        "pending": None,
        "yaml_migration_done": True,
    }


def _store(storage: Path, key: str, data: object, *, version: int, minor_version: int) -> None:
    content = {"version": version, "minor_version": minor_version, "key": key, "data": data}
    (storage / key).write_text(json.dumps(content, indent=2), encoding="utf-8")

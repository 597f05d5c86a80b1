"""The demo's requirements are those of Home Assistant: it is started without its installer."""

from importlib import metadata
import json
from pathlib import Path

import homeassistant
from homeassistant.bootstrap import CORE_INTEGRATIONS, DEFAULT_INTEGRATIONS
from homeassistant.util.yaml import load_yaml_dict
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
import pytest

from demo.configuration import write_configuration

_COMPONENTS = Path(homeassistant.__file__).parent / "components"
_ROOT = Path(__file__).resolve().parents[2]
_PINS = _ROOT / "requirements_demo.txt"
# Not loaded, but others import it without saying so.
_IMPORTED = {"hassio"}
# Taken in a later version, which comes ready-made; the file says why.
_NEWER = {"pymicro-vad", "pyspeex-noise"}


def _versions(lines: list[str]) -> dict[str, str]:
    """Return the pinned version of each package."""
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {
        canonicalize_name(requirement.name): str(requirement.specifier)
        for requirement in requirements
    }


def _wanted(configured: set[str]) -> dict[str, str]:
    """Return what the manifests of all loaded integrations ask for."""
    wanted: dict[str, str] = {}
    seen: set[str] = set()
    left = list(configured | _IMPORTED | CORE_INTEGRATIONS | DEFAULT_INTEGRATIONS)
    while left:
        if (domain := left.pop()) in seen:
            continue
        seen.add(domain)
        manifest = json.loads((_COMPONENTS / domain / "manifest.json").read_text("utf-8"))
        wanted |= _versions(manifest.get("requirements", []))
        left += manifest.get("dependencies", [])
    return wanted


def test_pins_are_home_assistants_own(tmp_path: Path) -> None:
    write_configuration(tmp_path, tmp_path / "signalwire", 8123)
    configuration = load_yaml_dict(tmp_path / "configuration.yaml")
    pins = _versions(_PINS.read_text("utf-8").splitlines())
    home = pins.pop("homeassistant")
    assert home == f"=={metadata.version('homeassistant')}"
    own = _versions(metadata.requires("homeassistant") or [])

    ours = json.loads((_ROOT / "custom_components/signalwire/manifest.json").read_text("utf-8"))
    wanted = _wanted(set(configuration)) | _versions(ours["requirements"])

    assert {name: version for name, version in wanted.items() if name not in own} == {
        name: wanted[name] if name in _NEWER else version for name, version in pins.items()
    }


@pytest.mark.parametrize("name", ["test", "oldest", "newest"])
def test_every_environment_has_what_the_manifest_asks_for(name: str) -> None:
    ours = json.loads((_ROOT / "custom_components/signalwire/manifest.json").read_text("utf-8"))
    lines = (_ROOT / f"requirements_{name}.txt").read_text("utf-8").splitlines()
    assert set(ours["requirements"]) <= set(lines)

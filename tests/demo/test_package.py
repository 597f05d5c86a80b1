"""The zip that HACS installs, in an empty Home Assistant."""

import json
from pathlib import Path
import subprocess
import zipfile

import pytest

from demo.outside import started
from demo.settings import free_port

# Demos that start at the same moment would choose the same port.
pytestmark = pytest.mark.xdist_group("demo")

ROOT = Path(__file__).parent.parent.parent
MANIFEST = json.loads((ROOT / "custom_components" / "signalwire" / "manifest.json").read_text())


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """Return the folder that the zip was unpacked to."""
    package = tmp_path / "signalwire.zip"
    script = subprocess.run(  # noqa: S603 (our own script)
        [ROOT / "scripts" / "package", package], check=True, capture_output=True, text=True
    )
    assert MANIFEST["version"] in script.stdout
    folder = tmp_path / "unpacked" / "signalwire"
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
        archive.extractall(folder)
    assert "manifest.json" in names
    assert not [name for name in names if name.endswith(".pyc")]
    return folder


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no git checkout to make a release of")
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("socket_enabled")
async def test_the_release_sets_up_in_an_empty_home_assistant(
    unpacked: Path, tmp_path: Path
) -> None:
    arguments = ("--no-calls", "--port", str(free_port()), "--config", str(tmp_path / "demo"))
    async with started(*arguments, "--integration", str(unpacked)) as demo:
        # It says so where the integration does not come up.
        assert "not ready" not in demo.text
        log = demo.log.read_text()
        assert await demo.stop() == 0
    link = tmp_path / "demo" / "custom_components" / "signalwire"
    assert link.resolve() == unpacked
    assert "ERROR" not in log


def test_the_version_stands_in_one_place_and_hacs_knows_the_file() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text())
    assert hacs["zip_release"]
    assert hacs["filename"] == "signalwire.zip"
    elsewhere = [
        path
        for path in (ROOT / "pyproject.toml", ROOT / "hacs.json")
        if f'"{MANIFEST["version"]}"' in path.read_text()
    ]
    assert not elsewhere


def test_hacs_names_the_oldest_home_assistant_that_is_tried() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text())
    tried = (ROOT / "requirements_oldest.txt").read_text().splitlines()
    assert f"homeassistant=={hacs['homeassistant']}" in tried


def test_the_changelog_tells_of_the_version() -> None:
    assert f"\n## [{MANIFEST['version']}] - 20" in (ROOT / "CHANGELOG.md").read_text()

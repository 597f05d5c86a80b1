"""The names of copies: safe on every file system, and never the same for two recordings."""

from datetime import datetime, timedelta
from pathlib import Path

from homeassistant.util import dt as dt_util
from hypothesis import given
from hypothesis import strategies as st
import pytest

from custom_components.signalwire.copies.folder import is_within
from custom_components.signalwire.copies.names import copy_name, is_copyable, sid_of
from tests.helpers import make_recording

SID = "0c1f5e5f-9d0b-4a47-8f5c-0b7f7a6b1c2d"


def test_a_name_tells_when_and_who() -> None:
    began = datetime(2026, 11, 27, 14, 3, 12, tzinfo=dt_util.DEFAULT_TIME_ZONE)
    recording = make_recording(
        SID,
        "completed",
        start_time=began,
        end_time=began + timedelta(seconds=109),
    )
    name = copy_name(recording, "+15550100", "sip:anna@example.com")
    assert name.day == "2026/11/27"
    assert name.stem == f"14-03-12_14-05-01_+15550100_sip-anna@example.com_{SID}"
    assert copy_name(recording).stem == f"14-03-12_14-05-01_unknown_{SID}"


@given(st.lists(st.text(max_size=80), max_size=2))
def test_whatever_the_parties_are_called_the_name_is_safe_and_holds_the_sid(
    parties: list[str],
) -> None:
    recording = make_recording(SID, "completed")
    name = copy_name(recording, *parties)
    assert set(name.stem) <= set(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+@.-_"
    )
    assert not name.stem.startswith(".")
    assert len(name.stem) < 180
    assert sid_of(f"{name.stem}.json", ".json") == SID


@pytest.mark.parametrize("sid", ["../../etc/passwd", "a_b", "", "x" * 65])
def test_a_sid_that_is_no_name_is_never_copied(sid: str) -> None:
    if sid:
        assert not is_copyable(make_recording(sid, "completed"))
    assert sid_of(f"x_{sid}.json", ".json") != sid or sid == ""


def test_only_what_is_below_the_folders_is_within_them(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (media / "out").symlink_to(tmp_path)
    folders = [str(media)]
    assert is_within(str(media), folders)
    assert is_within(str(media / "a" / "b"), folders)
    for path in ("", "media", str(tmp_path), str(media / ".." / "x"), str(media / "out" / "x")):
        assert not is_within(path, folders), path

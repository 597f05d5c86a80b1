"""Copies are as the original bit by bit, whatever happens while they are made."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
import errno
from functools import partial
from hashlib import sha256
import json
import os
from pathlib import Path
import random
import subprocess
import threading
from typing import Any

from aiohttp import web
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.signalwire import api
from custom_components.signalwire.api import AudioFormat
from custom_components.signalwire.copies.folder import CopyFolder, CopyState, CopyWriter
from custom_components.signalwire.copies.names import CopyName, copy_name
from custom_components.signalwire.project import copies
from simulator import Fault, Simulator, media
from simulator.models import Recording
from tests.helpers import (
    PROJECT_ID,
    TOKEN,
    call_with_recording,
    refresh,
    set_retry_policy,
    settle,
    state,
    until,
)
from tests.keeping.helpers import (
    Calendar,
    deletions,
    issue,
    old,
    retention_options,
    set_up,
)
from tests.keeping.test_doubtful import odd
from tests.keeping.test_retention import QUICK

COPIED = "sensor.corner_shop_copied"


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a folder for copies, within a media folder, that is ready."""
    hass.config.media_dirs = {"local": str(tmp_path)}
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    path = tmp_path / "calls"
    CopyFolder(str(path), "test").prepare()
    return path


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "BYTES_A_SECOND", 10**12)
    monkeypatch.setattr(copies, "_AFTER_AN_END", 0)
    monkeypatch.setattr(copies, "_AFTER_A_FAILURE", 0.05)


def _options(folder: Path, audio_format: str = "wav") -> dict[str, Any]:
    return {"copy_folder": str(folder), "copy_format": audio_format}


async def _start(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path, audio_format: str = "wav"
) -> None:
    """Begin to copy, which never ends."""
    options = {**entry.options, **_options(folder, audio_format)}
    hass.config_entries.async_update_entry(entry, options=options)
    assert await hass.config_entries.async_setup(entry.entry_id)


async def _end(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)


async def _all_copied(hass: HomeAssistant, seconds: float = 10) -> None:
    await until(lambda: state(hass, COPIED) == "100", seconds)


def _original(simulator: Simulator, recording: Recording, audio_format: str = "wav") -> bytes:
    seconds = max(1, recording.duration(simulator.space.now()))
    audio = media.wav(seconds) if audio_format == "wav" else media.mp3(seconds)
    return audio.read(0, audio.size)


def _copies(folder: Path) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Return the copies by SID: the audio, and what the JSON file says."""
    found = {}
    for file in folder.rglob("*.json"):
        told = json.loads(file.read_bytes())
        found[told["recording"]["sid"]] = (file.with_name(told["audio"]["file"]), told)
    return found


def _files(folder: Path, pattern: str) -> list[Path]:
    return list(folder.rglob(pattern))


def _has_copies(folder: Path, number: int) -> bool:
    return len(_files(folder, "*.json")) >= number


def _content(file: str) -> bytes:
    return Path(file).read_bytes()


def _rename(folder: Path, to: Path) -> None:
    folder.rename(to)


def _assert_equal(folder: Path, simulator: Simulator, audio_format: str = "wav") -> None:
    found = _copies(folder)
    for sid, recording in simulator.space.recordings.items():
        audio, told = found[sid]
        content = audio.read_bytes()
        assert content == _original(simulator, recording, audio_format)
        assert told["audio"]["bytes"] == len(content)
        assert told["audio"]["sha256"] == sha256(content).hexdigest()
    assert not list(folder.rglob("*.part"))


@pytest.mark.parametrize("audio_format", ["wav", "mp3"])
async def test_what_has_ended_is_copied_with_what_is_known_of_it(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    folder: Path,
    audio_format: str,
) -> None:
    for number in range(5):
        old(simulator, number, duration=60 + number)
    old(simulator, 1, status="absent")
    simulator.space.recordings.popitem()
    running = simulator.space.start_recording(call_sid=simulator.space.start_call().sid)
    await _start(hass, entry, folder, audio_format)
    await _all_copied(hass)
    del simulator.space.recordings[running.sid]
    _assert_equal(folder, simulator, audio_format)
    found = _copies(folder)
    assert len(found) == 5
    for audio, told in found.values():
        assert audio.name.count("_") == 4
        assert audio.parent.relative_to(folder).as_posix().count("/") == 2
        assert told["from"] == "+15550100"
        text = json.dumps(told)
        assert not [secret for secret in (TOKEN, PROJECT_ID, "/Accounts/") if secret in text]
    await _end(hass, entry)


async def test_without_a_folder_nothing_is_copied(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, folder: Path
) -> None:
    old(simulator, 1)
    await refresh(hass, loaded)
    assert _copies(folder) == {}
    assert state(hass, COPIED) == "unknown"


async def test_a_call_that_ends_is_copied_soon(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, folder: Path
) -> None:
    await _start(hass, entry, folder)
    await _all_copied(hass)
    call = call_with_recording(simulator)
    await entry.runtime_data.async_refresh()
    assert _copies(folder) == {}
    simulator.space.hang_up(call.sid)
    await entry.runtime_data.async_refresh()
    await until(lambda: len(_copies(folder)) == 1)
    await _end(hass, entry)


async def test_no_more_than_two_are_copied_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, folder: Path
) -> None:
    most = 0
    for number in range(8):
        old(simulator, number)
    simulator.faults.add(Fault(path=r"\.wav", delay=0.05))
    await _start(hass, entry, folder)

    def look() -> bool:
        nonlocal most
        waiting = sum(
            request.status is None and request.path.endswith(".wav")
            for request in simulator.requests
        )
        most = max(most, waiting)
        return state(hass, COPIED) == "100"

    await until(look)
    assert most == 2
    await _end(hass, entry)


async def test_a_copy_takes_no_more_than_its_share_of_the_connection(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recording = old(simulator, 1, duration=20)
    size = len(_original(simulator, recording))
    monkeypatch.setattr(copies, "BYTES_A_SECOND", size * 2)
    began = hass.loop.time()
    await _start(hass, entry, folder)
    await _all_copied(hass)
    assert hass.loop.time() - began >= 0.5
    await _end(hass, entry)


async def test_a_restart_goes_on_with_what_is_missing(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, folder: Path
) -> None:
    recordings = [old(simulator, number) for number in range(6)]
    slow = recordings[2].sid
    simulator.faults.add(Fault(path=rf"{slow}\.wav", delay=30))
    await _start(hass, entry, folder)
    await until(lambda: len(_copies(folder)) == 5)
    await until(lambda: state(hass, COPIED) == "83")
    await _end(hass, entry)
    assert not _files(folder, "*.part")
    # As after a crash.
    day = next(iter(_copies(folder).values()))[0].parent
    (day / f".{entry.entry_id}.{slow}.part").write_bytes(b"half")
    simulator.faults.clear()
    simulator.requests.clear()
    await _start(hass, entry, folder)
    await _all_copied(hass)
    asked = [request.path for request in simulator.requests if request.path.endswith(".wav")]
    assert len(asked) == len([path for path in asked if slow in path])
    _assert_equal(folder, simulator)
    await _end(hass, entry)


async def test_audio_without_its_json_file_is_copied_again(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, folder: Path
) -> None:
    old(simulator, 1)
    old(simulator, 2)
    await _start(hass, entry, folder)
    await _all_copied(hass)
    await _end(hass, entry)
    first, second = _files(folder, "*.json")
    first.unlink()
    second.with_suffix(".wav").unlink()
    await _start(hass, entry, folder)
    await _all_copied(hass)
    _assert_equal(folder, simulator)
    await _end(hass, entry)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(path=r"\.wav", truncate=True, times=2),
        Fault(path=r"\.wav", status=500, times=6),
        Fault(path=r"\.wav", drop=True, times=3),
        Fault(path=r"\.wav", status=200, body="<html>", content_type="text/html", times=2),
        Fault(path=r"\.wav", status=404, times=2),
        Fault(path=r"\.wav", status=206, body="x", content_type="audio/wav", times=1),
        Fault(path=r"Recordings/[^.]*\.json", status=500, times=6),
        Fault(path=r"Calls", status=500, times=3),
    ],
    ids=repr,
)
async def test_a_fault_delays_a_copy_and_spoils_none(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    folder: Path,
    fault: Fault,
) -> None:
    for number in range(3):
        old(simulator, number, duration=100 + number)
    await set_up(hass, entry)
    await _end(hass, entry)
    simulator.faults.add(fault)
    await _start(hass, entry, folder)
    set_retry_policy(entry, QUICK)
    await _all_copied(hass)
    _assert_equal(folder, simulator)
    await _end(hass, entry)


async def test_what_cannot_be_copied_again_and_again_is_told_and_holds_up_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, folder: Path
) -> None:
    stubborn, other = old(simulator, 2), old(simulator, 1)
    simulator.faults.add(Fault(path=rf"{stubborn.sid}\.wav", status=404))
    await _start(hass, entry, folder)
    await until(lambda: issue(hass, entry, "copies_failed") is not None)
    assert set(_copies(folder)) == {other.sid}
    assert state(hass, COPIED) == "50"
    simulator.faults.clear()
    await _all_copied(hass)
    await until(lambda: issue(hass, entry, "copies_failed") is None)
    await _end(hass, entry)


async def test_a_write_that_fails_stops_the_copies_and_says_so(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for number in range(4):
        old(simulator, number)
    write = CopyWriter.write

    def full(writer: CopyWriter, block: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(CopyWriter, "write", full)
    await _start(hass, entry, folder)
    await until(lambda: issue(hass, entry, "copies_stopped") is not None)
    found = issue(hass, entry, "copies_stopped")
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["reason"] == "No space left on device"
    assert _copies(folder) == {}
    monkeypatch.setattr(CopyWriter, "write", write)
    await _all_copied(hass)
    await until(lambda: issue(hass, entry, "copies_stopped") is None)
    _assert_equal(folder, simulator)
    assert len([one for one in caplog.records if "has stopped" in one.message]) == 1
    await _end(hass, entry)


def _mount(*arguments: str) -> bool:
    """Return whether a disk could be mounted, which takes an administrator."""
    command = ["/bin/mount", *arguments]
    # Nothing but a test's own folder is mounted.
    return not subprocess.run(command, check=False, capture_output=True).returncode  # noqa: S603


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    """Return a folder on a disk of two megabytes."""
    path = folder.parent / "small"
    path.mkdir()
    if not _mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(path)):
        pytest.skip("Only an administrator may mount a disk")
    try:
        CopyFolder(str(path / "calls"), "test").prepare()
        yield path / "calls"
    finally:
        subprocess.run(["/bin/umount", "-l", str(path)], check=True)  # noqa: S603 (see above)


async def test_a_disk_that_is_full_keeps_what_is_whole_and_goes_on_once_there_is_room(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, small_disk: Path
) -> None:
    recordings = [old(simulator, number, duration=30 + number) for number in range(5)]
    await _start(hass, entry, small_disk)
    await until(lambda: issue(hass, entry, "copies_stopped") is not None)
    found = _copies(small_disk)
    assert 0 < len(found) < 5
    for sid, (audio, _) in found.items():
        assert audio.read_bytes() == _original(simulator, simulator.space.recordings[sid])
    await until(lambda: not list(small_disk.rglob("*.part")))
    assert _mount("-o", "remount,size=20m", str(small_disk.parent))
    await _all_copied(hass)
    assert len(_copies(small_disk)) == len(recordings)
    _assert_equal(small_disk, simulator)
    await until(lambda: issue(hass, entry, "copies_stopped") is None)
    await _end(hass, entry)


async def test_a_share_that_is_not_there_gets_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, folder: Path
) -> None:
    old(simulator, 1)
    (folder / ".signalwire").rename(folder / "away")
    await _start(hass, entry, folder)
    await until(lambda: issue(hass, entry, "copies_stopped") is not None)
    assert _copies(folder) == {}
    (folder / "away").rename(folder / ".signalwire")
    await _all_copied(hass)
    assert len(_copies(folder)) == 1
    await _end(hass, entry)


async def test_a_folder_that_is_not_allowed_any_more_gets_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, folder: Path
) -> None:
    old(simulator, 1)
    hass.config.allowlist_external_dirs = set()
    await _start(hass, entry, folder)
    await until(lambda: issue(hass, entry, "copies_stopped") is not None)
    assert _copies(folder) == {}
    await _end(hass, entry)


async def test_retention_deletes_nothing_that_is_to_be_copied_and_is_not(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
    folder: Path,
) -> None:
    await set_up(hass, entry)
    await _end(hass, entry)
    stubborn, fine, silent = (
        old(simulator, 40),
        old(simulator, 39),
        old(simulator, 38, status="absent"),
    )
    simulator.faults.add(Fault(path=rf"{stubborn.sid}\.wav", status=404))
    options = {**retention_options(entry, 30), **_options(folder)}
    hass.config_entries.async_update_entry(entry, options=options)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(lambda: len(_copies(folder)) == 1)
    retention = entry.runtime_data.project.retention

    async def a_day() -> None:
        calendar.tick(timedelta(days=1))
        retention._async_begin()
        await retention._task

    await a_day()
    await a_day()
    assert set(deletions(simulator)) == {fine.sid, silent.sid}
    assert stubborn.sid in simulator.space.recordings
    simulator.faults.clear()
    await _all_copied(hass)
    await a_day()
    assert not simulator.space.recordings
    assert set(_copies(folder)) == {stubborn.sid, fine.sid}
    await _end(hass, entry)


@pytest.mark.parametrize("damage", ["audio", "json", "gone", "share"])
async def test_retention_deletes_nothing_whose_copy_was_lost_or_changed_since(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    calendar: Calendar,
    folder: Path,
    damage: str,
) -> None:
    await set_up(hass, entry)
    await _end(hass, entry)
    recording = old(simulator, 29.5)
    options = {**retention_options(entry, 30), **_options(folder)}
    hass.config_entries.async_update_entry(entry, options=options)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await _all_copied(hass)
    (file,) = _files(folder, "*.json")
    audio = file.with_suffix(".wav")
    match damage:
        case "audio":
            content = audio.read_bytes()
            audio.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "json":
            file.write_text("{}")
        case "gone":
            audio.unlink()
        case _:
            _rename(folder, folder.with_name("away"))
    simulator.faults.add(Fault(path=r"\.wav", status=404))
    retention = entry.runtime_data.project.retention
    for _ in range(2):
        calendar.tick(timedelta(days=1))
        retention._async_begin()
        await retention._task
    assert deletions(simulator) == []
    simulator.faults.clear()
    if damage == "share":
        folder.with_name("away").rename(folder)
    await _all_copied(hass)
    _assert_equal(folder, simulator)
    calendar.tick(timedelta(days=1))
    retention._async_begin()
    await retention._task
    assert deletions(simulator) == [recording.sid]
    await _end(hass, entry)


async def _save(hass: HomeAssistant, sid: str, **data: Any) -> dict[str, Any]:
    context = data.pop("context", None)
    answer: dict[str, Any] | None = await hass.services.async_call(
        "signalwire",
        "save_recording",
        {"recording_sid": sid, **data},
        blocking=True,
        return_response=True,
        context=context,
    )
    assert answer is not None
    return answer


async def test_one_recording_can_be_saved(
    hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator, folder: Path
) -> None:
    recording = old(simulator, 1)
    with pytest.raises(ServiceValidationError, match="no folder"):
        await _save(hass, recording.sid)
    answer = await _save(hass, recording.sid, folder=str(folder.parent / "new"), format="wav")
    assert _content(answer["file"]) == _original(simulator, recording)
    assert Path(answer["file"]).is_relative_to(folder.parent / "new")
    again = await _save(hass, recording.sid, folder=str(folder.parent / "new"), format="wav")
    assert again == answer
    running = simulator.space.start_recording(call_sid=simulator.space.start_call().sid)
    with pytest.raises(ServiceValidationError, match="no audio"):
        await _save(hass, running.sid, folder=str(folder))
    for outside in (str(folder.parent.parent), "calls", str(folder / ".." / ".." / "x"), "/etc"):
        with pytest.raises(ServiceValidationError, match="not within a media folder"):
            await _save(hass, recording.sid, folder=outside)
    simulator.faults.add(Fault(path=r"\.mp3", status=404))
    with pytest.raises(HomeAssistantError, match="SignalWire"):
        await _save(hass, recording.sid, folder=str(folder))


async def test_one_is_saved_to_the_folder_of_the_options(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    folder: Path,
    hass_read_only_user: MockUser,
) -> None:
    await _start(hass, entry, folder)
    await _all_copied(hass)
    recording = old(simulator, 1)
    answer = await _save(hass, recording.sid)
    assert Path(answer["file"]).is_relative_to(folder)
    (folder / ".signalwire").unlink()
    with pytest.raises(HomeAssistantError, match="could not be written"):
        await _save(hass, recording.sid)
    with pytest.raises(Unauthorized):
        await _save(hass, recording.sid, context=Context(user_id=hass_read_only_user.id))
    await _end(hass, entry)


async def test_one_that_is_saved_while_it_is_copied_is_equal_too(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, folder: Path
) -> None:
    recordings = [old(simulator, number, duration=300) for number in range(3)]
    simulator.faults.add(Fault(path=r"\.wav", delay=0.05))
    await _start(hass, entry, folder)
    for _ in range(4):
        await asyncio.gather(*(_save(hass, recording.sid) for recording in recordings))
        entry.runtime_data.project.copies._forget_scan()
        entry.runtime_data.project.copies._wake.set()
    await _all_copied(hass)
    _assert_equal(folder, simulator)
    await _end(hass, entry)


async def test_more_than_one_look_notes_is_copied_all_the_same(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(copies, "_MAX_NOTED", 3)
    for number in range(8):
        old(simulator, number, duration=5)
    await _start(hass, entry, folder)
    await _all_copied(hass)
    _assert_equal(folder, simulator)
    await _end(hass, entry)


async def test_what_goes_wrong_in_a_way_nobody_thought_of_is_not_the_end_of_all_copies(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    old(simulator, 1)
    scan = CopyFolder.scan

    def broken(_: CopyFolder) -> dict[str, str]:
        raise RuntimeError("Out of the blue")

    monkeypatch.setattr(CopyFolder, "scan", broken)
    await _start(hass, entry, folder)
    await until(lambda: "Out of the blue" in caplog.text)
    monkeypatch.setattr(CopyFolder, "scan", scan)
    await _all_copied(hass)
    await _end(hass, entry)


async def test_a_disk_that_hangs_holds_up_neither_a_hold_nor_the_unload(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old(simulator, 1)
    call_with_recording(simulator)
    hanging, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr(copies, "_STOP_TIMEOUT", 0.1)

    def hang(writer: CopyWriter, block: bytes) -> None:
        hanging.set()
        go_on.wait(20)

    monkeypatch.setattr(CopyWriter, "write", hang)
    monkeypatch.setattr(CopyWriter, "discard", lambda writer: go_on.wait(20))
    await _start(hass, entry, folder)
    try:
        await until(hanging.is_set)
        began = hass.loop.time()
        await hass.services.async_call("signalwire", "hold_recordings", {}, blocking=True)
        running = next(one for one in simulator.space.recordings.values() if one.is_active)
        await until(lambda: running.status.value == "paused")
        await _end(hass, entry)
        assert hass.loop.time() - began < 3
    finally:
        go_on.set()


@pytest.mark.parametrize("options", [{"copy_folder": 5}, {"retention_confirmed": "yes"}], ids=repr)
async def test_options_that_were_edited_by_hand_stop_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, options: dict[str, Any]
) -> None:
    old(simulator, 50)
    await set_up(hass, entry, retention_days=30, copy_format="ogg", **options)
    assert deletions(simulator) == []
    assert issue(hass, entry, "retention_unconfirmed") is not None


@pytest.mark.parametrize("seed", range(3))
async def test_over_faults_and_restarts_all_is_copied_and_equal(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    folder: Path,
    hasty_unload: None,
    seed: int,
    figures: list[str],
) -> None:
    dice = random.Random(seed)
    restarts = 0
    for round_ in range(5):
        for _ in range(20):
            old(simulator, dice.uniform(0, 50), duration=dice.randrange(5, 90))
        for _ in range(10):
            kind: dict[str, Any] = dice.choice(
                [
                    {"truncate": True},
                    {"status": 500},
                    {"drop": True},
                    {"delay": 0.1},
                    {"status": 404},
                ]
            )
            path = dice.choice([r"\.wav", "Recordings", "Calls"])
            simulator.faults.add(replace(Fault(path=path, times=2, probability=0.3), **kind))
        await _start(hass, entry, folder)
        set_retry_policy(entry, QUICK)
        wanted = 20 * round_ + dice.randrange(20)
        await until(partial(_has_copies, folder, wanted), 20)
        await _end(hass, entry)
        restarts += 1
    await _start(hass, entry, folder)
    await _all_copied(hass, 20)
    _assert_equal(folder, simulator)
    assert len(_copies(folder)) == 100
    await _end(hass, entry)
    figures.append(f"copies, seed {seed}: 100 of 100 equal after {restarts} restarts with faults")


async def test_options_check_the_folder(
    hass: HomeAssistant, loaded: MockConfigEntry, folder: Path
) -> None:
    async def choose(path: str | None) -> Any:
        result = await hass.config_entries.options.async_init(loaded.entry_id)
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {"next_step_id": "copies"}
        )
        given = {"copy_format": "wav"} | ({} if path is None else {"copy_folder": path})
        return await hass.config_entries.options.async_configure(result["flow_id"], given)

    result = await choose("/etc")
    assert result["errors"] == {"copy_folder": "folder_not_allowed"}
    (folder.parent / "file").write_text("")
    result = await choose(str(folder.parent / "file" / "x"))
    assert result["errors"] == {"copy_folder": "folder_not_writable"}
    new = folder.parent / "new"
    result = await choose(f" {new} ")
    assert result["type"] == "create_entry"
    assert loaded.options == _options(new)
    assert new.is_dir()
    await hass.async_block_till_done()
    await choose(None)
    assert loaded.options == {"copy_format": "wav"}
    await settle(hass)


async def test_submitting_the_same_folder_again_creates_it_and_copies_at_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(copies, "_AFTER_A_FAILURE", 600)
    old(simulator, 1)
    (folder / ".signalwire").unlink()
    await _start(hass, entry, folder)
    await until(lambda: issue(hass, entry, "copies_stopped") is not None)
    options = hass.config_entries.options
    menu = await options.async_init(entry.entry_id)
    form = await options.async_configure(menu["flow_id"], {"next_step_id": "copies"})
    await options.async_configure(form["flow_id"], _options(folder))
    await _all_copied(hass)
    await until(lambda: issue(hass, entry, "copies_stopped") is None)
    _assert_equal(folder, simulator)
    await _end(hass, entry)


async def test_a_folder_can_be_chosen_while_the_project_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path
) -> None:
    (folder / ".signalwire").unlink()
    options = hass.config_entries.options
    menu = await options.async_init(entry.entry_id)
    form = await options.async_configure(menu["flow_id"], {"next_step_id": "copies"})
    await options.async_configure(form["flow_id"], _options(folder))
    assert entry.options["copy_folder"] == str(folder)
    assert (folder / ".signalwire").exists()


async def test_audio_that_is_empty_is_no_copy(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, folder: Path
) -> None:
    old(simulator, 1)
    simulator.faults.add(Fault(path=r"\.wav", status=200, body="", content_type="audio/wav"))
    await _start(hass, entry, folder)
    await until(lambda: issue(hass, entry, "copies_failed") is not None)
    assert _copies(folder) == {}
    assert not _files(folder, "*.wav")
    simulator.faults.clear()
    await _all_copied(hass)
    _assert_equal(folder, simulator)
    await _end(hass, entry)


async def test_a_length_out_of_the_calendar_holds_up_no_copy(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, folder: Path
) -> None:
    for fields in ({"duration": 2**52, "end_time": None}, {"start_time": None}, {}):
        odd(simulator, 1, **fields)
    await _start(hass, entry, folder)
    await _all_copied(hass)
    _assert_equal(folder, simulator)
    await _end(hass, entry)


async def test_nothing_is_written_through_a_link_that_leads_out_of_the_folder(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, folder: Path, tmp_path: Path
) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    recording = old(simulator, 1)
    (folder / f"{recording.created.year}").symlink_to(outside)
    await _start(hass, entry, folder)
    await until(lambda: issue(hass, entry, "copies_stopped") is not None)
    assert not list(outside.rglob("*"))
    await _end(hass, entry)


def test_the_file_by_which_a_folder_is_known_is_never_written_through_a_link(
    folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "configuration.yaml"
    other.write_text("mine")
    (folder / ".signalwire").unlink()
    (folder / ".signalwire").symlink_to(other)
    CopyFolder(str(folder), "test").prepare()
    assert other.read_text() == "mine"
    CopyFolder(str(folder), "test").require_there()


def test_of_two_copies_one_that_is_good_is_enough(folder: Path) -> None:
    copy_folder = CopyFolder(str(folder), "test")
    day, sid = "2026/11/27", "rec-1"
    for stem in ("10-00-00_10-01-00_unknown", "10-00-00_10-01-00_Desk"):
        writer = copy_folder.writer(CopyName(day=day, stem=f"{stem}_{sid}"), AudioFormat.WAV, sid)
        writer.write(b"audio")
        writer.finish({})
    first, second = sorted(_files(folder, "*.wav"))
    first.write_bytes(b"other")
    assert copy_folder.check(sid, day) is CopyState.GOOD
    second.write_bytes(b"other")
    assert copy_folder.check(sid, day) is CopyState.DAMAGED


async def test_what_cannot_be_named_is_not_deleted_where_it_should_be_copied(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, folder: Path
) -> None:
    await set_up(hass, entry)
    await _end(hass, entry)
    odd_sid = "RE_1"
    simulator.space.recordings[odd_sid] = replace(old(simulator, 50), sid=odd_sid)
    del simulator.space.recordings[next(iter(simulator.space.recordings))]
    recording = old(simulator, 40)
    # Nor does it hold up the others.
    options = {**retention_options(entry, 30, a_day=1), **_options(folder)}
    hass.config_entries.async_update_entry(entry, options=options)
    assert await hass.config_entries.async_setup(entry.entry_id)
    retention = entry.runtime_data.project.retention
    await _all_copied(hass)
    await until(lambda: retention._task is not None and retention._task.done())
    retention._store.record.is_done = False
    retention._async_begin()
    await retention._task
    assert deletions(simulator) == [recording.sid]
    assert odd_sid in simulator.space.recordings
    await _end(hass, entry)


@pytest.mark.parametrize("step", ["open_part", "write", "finish"])
async def test_an_unload_in_the_middle_leaves_nothing_half_written(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    old(simulator, 1)
    owner: Any = CopyFolder if step == "open_part" else CopyWriter
    method = getattr(owner, step)
    reached, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def slow(*arguments: Any) -> Any:
        reached.set()
        go_on.wait(20)
        try:
            return method(*arguments)
        finally:
            done.set()

    monkeypatch.setattr(owner, step, slow)
    await _start(hass, entry, folder)
    await until(reached.is_set)
    hass.loop.call_later(0.1, go_on.set)
    await _end(hass, entry)
    await until(done.is_set)
    await until(lambda: not _files(folder, "*.part"))
    monkeypatch.setattr(owner, step, method)
    await _start(hass, entry, folder)
    await _all_copied(hass)
    _assert_equal(folder, simulator)
    await _end(hass, entry)


@pytest.mark.parametrize("after", ["open", "write", "audio"])
async def test_a_kill_in_the_middle_leaves_nothing_that_passes_for_a_copy(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, folder: Path, after: str
) -> None:
    recording = old(simulator, 1)
    shown = recording.render(PROJECT_ID, simulator.space.now())
    name = copy_name(api.Recording.from_json(shown))
    writer = CopyFolder(str(folder), entry.entry_id).writer(name, AudioFormat.WAV, recording.sid)
    writer.write(b"" if after == "open" else b"half")
    assert writer._stream is not None
    writer._stream.flush()
    if after == "audio":
        # Named, and killed before its JSON file was.
        writer._part.rename(writer.file)
        writer._fields_part.write_text("{")
    # It ends here, without a word.
    await _start(hass, entry, folder)
    await _all_copied(hass)
    _assert_equal(folder, simulator)
    assert not _files(folder, "*.part")
    await _end(hass, entry)


async def test_a_read_only_folder_gets_nothing_and_says_so(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: Simulator, small_disk: Path
) -> None:
    old(simulator, 1)
    assert _mount("-o", "remount,ro", str(small_disk.parent))
    await _start(hass, entry, small_disk)
    await until(lambda: issue(hass, entry, "copies_stopped") is not None)
    assert _copies(small_disk) == {}
    assert _mount("-o", "remount,rw", str(small_disk.parent))
    await _all_copied(hass)
    _assert_equal(small_disk, simulator)
    await _end(hass, entry)


async def test_the_login_is_not_sent_to_where_the_audio_is_stored(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: Simulator,
    folder: Path,
    aiohttp_server: Any,
) -> None:
    recording = old(simulator, 1)
    asked: list[web.Request] = []

    async def serve(request: web.Request) -> web.Response:
        asked.append(request)
        body = _original(simulator, recording)
        return web.Response(body=body, content_type="audio/wav")

    app = web.Application()
    app.router.add_get("/stored", serve)
    storage = await aiohttp_server(app)
    headers = {"Location": f"http://127.0.0.1:{storage.port}/stored"}
    simulator.faults.add(Fault(path=r"\.wav", status=302, headers=headers))
    await _start(hass, entry, folder)
    await _all_copied(hass)
    assert asked
    assert not [request for request in asked if "Authorization" in request.headers]
    _assert_equal(folder, simulator)
    await _end(hass, entry)

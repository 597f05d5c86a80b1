"""What is assumed of the service, checked against the simulator as it would be on an account."""

import asyncio
from pathlib import Path
import re
import socket
import sys

import pytest

from contract import calling
from contract.__main__ import main
from contract.account import without_private
from contract.calling import CALLING
from contract.reading import READING
from simulator import Fault, Simulator
from tests.helpers import PROJECT_ID, TOKEN, call_with_recording, conference_with_recording

EVERY = [(each.key, each.text) for each in READING.all]
EVERY += [(each.key, each.text) for each in CALLING.all]
NUMBERS = ("+15550100", "+15550101")


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the token as a person would who does not want to type it."""
    monkeypatch.setenv("SIGNALWIRE_TOKEN", TOKEN)


@pytest.fixture
def used(simulator: Simulator) -> Simulator:
    """Return a space in which much has been recorded, and is."""
    simulator.space.add_recordings(count=60, spread=3600)
    call_with_recording(simulator)
    conference_with_recording(simulator, "Front desk")
    simulator.space.add_phone_number("+15550110")
    return simulator


async def contract(
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *arguments: str,
    answer: str = "n",
) -> tuple[int, str]:
    """Return the exit code and what was printed; `answer` is what a person answers."""
    monkeypatch.setattr("builtins.input", lambda _: answer)
    own = ["contract", "--space", simulator.url, "--project", PROJECT_ID]
    monkeypatch.setattr(sys, "argv", [*own, *arguments])
    code = await asyncio.to_thread(main)
    return code, capsys.readouterr().out


def verdicts(printed: str) -> dict[str, str]:
    """Return the verdict of each assumption."""
    lines = re.findall(r"^(holds|does not hold|not seen) +([\w-]+):", printed, re.MULTILINE)
    return {key: verdict for verdict, key in lines}


async def test_all_that_can_be_read_holds_on_the_simulator(
    used: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, printed = await contract(used, monkeypatch, capsys)
    found = verdicts(printed)
    assert found.keys() == {each.key for each in READING.all}
    # A recording is active, so that lists differ.
    assert found.pop("same-answer") == "not seen"
    assert set(found.values()) == {"holds"}
    assert code == 0
    assert {request.method for request in used.requests} == {"GET"}


async def test_a_quiet_list_is_the_same_each_time(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    simulator.space.add_recordings(count=3)
    simulator.settings.protect_recordings = False
    _, printed = await contract(simulator, monkeypatch, capsys)
    assert verdicts(printed)["same-answer"] == "holds"
    assert "public: 206" in printed


async def test_an_empty_account_shows_little_and_fails_nothing(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, printed = await contract(simulator, monkeypatch, capsys)
    assert code == 0
    assert verdicts(printed)["statuses"] == "not seen"


async def test_a_call_shows_the_rest(
    used: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("SIGNALWIRE_SIGNING_KEY", used.settings.signing_key)
    code, printed = await contract(
        used,
        monkeypatch,
        capsys,
        *("--call", NUMBERS[0], "--from", NUMBERS[1]),
        *("--callback-url", f"http://127.0.0.1:{port}/callback", "--listen", str(port)),
        answer="y",
    )
    found = verdicts(printed)
    assert found.keys() == {key for key, _ in EVERY}
    assert {found[each.key] for each in CALLING.all} == {"holds"}
    assert code == 0
    # The call is over.
    assert list(used.space.calls.values())[-1].ended is not None


async def test_nobody_is_called_without_a_yes(
    used: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(used.space.calls)
    arguments = ("--call", NUMBERS[0], "--from", NUMBERS[1])
    code, _ = await contract(used, monkeypatch, capsys, *arguments)
    assert code == 2
    assert len(used.space.calls) == before
    assert not used.requests


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"status_words": {"completed": "archived"}}, "statuses"),
        ({"loose": True}, "fields"),
        ({"status_words": {"paused": "on-hold"}}, "pause"),
    ],
)
async def test_what_does_not_hold_is_told(
    used: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    settings: dict[str, object],
    key: str,
) -> None:
    for name, value in settings.items():
        setattr(used.settings, name, value)
    monkeypatch.setattr(calling, "_LIMIT", 0.5)
    arguments = ("--call", NUMBERS[0], "--from", NUMBERS[1]) if key == "pause" else ()
    code, printed = await contract(used, monkeypatch, capsys, *arguments, answer="y")
    assert code == 1
    assert verdicts(printed)[key] == "does not hold"


async def test_a_call_that_cannot_be_hung_up_is_told_loudly(
    used: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("contract.__main__._WAIT", 0.01)
    used.faults.add(Fault(method="POST", path=r"Calls/[^/]+\.json$", status=503, times=4))
    arguments = ("--call", NUMBERS[0], "--from", NUMBERS[1])
    await contract(used, monkeypatch, capsys, *arguments, answer="y")
    assert list(used.space.calls.values())[-1].ended is not None
    used.faults.add(Fault(method="POST", path=r"Calls/[^/]+\.json$", status=503))
    code, printed = await contract(used, monkeypatch, capsys, *arguments, answer="y")
    assert code == 1
    assert "COULD NOT BE HUNG UP" in printed


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=200, body="<html>Welcome</html>", content_type="text/html"),
        Fault(status=200, body="[]"),
        Fault(status=200, body='{"recordings": 5, "next_page_uri": 5}'),
        Fault(drop=True),
    ],
)
async def test_whatever_answers_all_is_checked(
    used: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: Fault,
) -> None:
    used.faults.add(fault)
    _, printed = await contract(used, monkeypatch, capsys)
    assert verdicts(printed).keys() == {each.key for each in READING.all}


async def test_nothing_private_is_printed(
    used: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    used.settings.show_signing_key = True
    used.settings.loose = True
    arguments = ("--call", NUMBERS[0], "--from", NUMBERS[1])
    _, printed = await contract(used, monkeypatch, capsys, *arguments, answer="y")
    findings = printed.partition("Call now?")[0].split("hangs up.")[-1]
    things = (*used.space.recordings, *used.space.calls, *used.space.conferences)
    for secret in (TOKEN, PROJECT_ID, used.settings.signing_key, used.settings.space_name, *things):
        assert secret not in printed
    assert findings
    for line in printed.splitlines():
        assert line.startswith("This calls") or not any(number in line for number in NUMBERS)


def test_what_is_shown_of_an_answer_says_nothing_of_anybody() -> None:
    shown = without_private(
        {
            "friendly_name": "Dr Smith",
            "status": "paused",
            "code": "20404",
            "recordings": [{"sid": PROJECT_ID, "duration": 5, "to": 15550100}, {}, {}],
            "errors": ["+15550100 is busy"],
            "+15550100": True,
        }
    )
    assert shown == {
        "friendly_name": "…",
        "status": "paused",
        "code": "20404",
        "recordings": [{"sid": "…", "duration": 5, "to": "…"}, "and 2 more"],
        "errors": ["…"],
        "…": True,
    }


def test_the_document_has_every_assumption() -> None:
    text = (Path(__file__).parents[2] / "docs" / "assumptions.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| (.+?) \| .+ \| .+ \|$", text, re.MULTILINE)
    assert rows == EVERY

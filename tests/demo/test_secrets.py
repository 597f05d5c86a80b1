"""What is left behind after calls have come and gone, looked through for what nobody may read."""

import asyncio
from collections.abc import Iterator
import json
from pathlib import Path
import re
import stat
from typing import Any

import aiohttp
import pytest

from demo.home_assistant import Commands, Server, connected
from demo.outside import started
from demo.settings import free_port
from demo.traffic import Control
from demo.waiting import wait_until

# Demos that start at the same moment would choose the same port.
pytestmark = pytest.mark.xdist_group("demo")

_SLOT = re.compile(r"switch\.recording_\d+")
_MASTER = "switch.harbour_clinic_call_recording"
_ROUNDS = 6
# Who has such an address hears the audio.
_ADDRESS = re.compile(rb"Accounts/[^/\s\"]+/(Calls/[^/\s\"]+/)?Recordings")
# Home Assistant keeps the token and the project's ID there, for nobody but itself.
_KEPT_ON_PURPOSE = {"core.config_entries"}


async def _act(commands: Commands, control: Control) -> None:
    """Do what a shop does all day."""

    async def call(domain: str, service: str, **fields: Any) -> None:
        await commands.send("call_service", domain=domain, service=service, **fields)

    async def switches() -> dict[str, str]:
        states = await commands.send("get_states")
        return {s["entity_id"]: s["state"] for s in states if _SLOT.fullmatch(s["entity_id"])}

    async def one_that_is(state: str) -> str:
        async def probe() -> str | None:
            return next((one for one, shown in (await switches()).items() if shown == state), None)

        return await wait_until(probe, f"a recording was {state}", 20)

    async def none_is_left() -> None:
        async def probe() -> bool | None:
            return True if set((await switches()).values()) == {"unavailable"} else None

        await wait_until(probe, "every recording had ended", 20)

    for _ in range(_ROUNDS):
        sid = await control.start_call("+15555550142", "+15555550100")
        switch = {"entity_id": await one_that_is("on")}
        await call("switch", "turn_off", target=switch)
        await one_that_is("off")
        await control.fail(method="POST", status=400, times=1)
        with pytest.raises(Exception, match="SignalWire"):
            await call("switch", "turn_on", target=switch)
        await call("switch", "turn_off", target={"entity_id": _MASTER})
        await call("switch", "turn_on", target={"entity_id": _MASTER})
        await call("signalwire", "list_recordings", return_response=True)
        await control.fail(status=503, times=5)
        await call("homeassistant", "update_entity", service_data=switch)
        await control.mend()
        await call("homeassistant", "update_entity", service_data=switch)
        await control.hang_up(sid)
        await none_is_left()


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if (
            path.is_file()
            and path.name not in _KEPT_ON_PURPOSE
            and "custom_components" not in str(path)
        ):
            yield str(path.relative_to(folder)), path.read_bytes()


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("socket_enabled")
async def test_no_secret_is_left_in_any_file_state_or_diagnostics(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    arguments = ("--no-calls", "--port", str(free_port()), "--config", str(folder))
    async with aiohttp.ClientSession() as session, started(*arguments) as demo:
        control = Control(session, demo.space)
        server = Server(session, demo.address)
        login = await server.log_in(demo.user, demo.password)
        async with connected(server, login) as commands:
            await commands.send(
                "call_service",
                domain="logger",
                service="set_level",
                service_data={"custom_components.signalwire": "debug"},
            )
            await _act(commands, control)
            states = json.dumps(await commands.send("get_states"))
            (entry,) = await commands.send("config_entries/get", domain="signalwire")
        address = f"{demo.address}/api/diagnostics/config_entry/{entry['entry_id']}"
        headers = {"Authorization": f"Bearer {login.access}"}
        async with session.get(address, headers=headers) as response:
            assert response.status == 200
            diagnostics = await response.text()
        assert await demo.stop() == 0
    ours = list((folder / ".storage").glob("signalwire.*"))
    assert len(ours) == 3
    # Nobody but Home Assistant's user may read them.
    assert {stat.S_IMODE(path.stat().st_mode) for path in ours} == {0o600}
    memory = json.loads((folder / "demo.json").read_text())
    found = dict(await asyncio.to_thread(lambda: list(_files(folder))))
    # What the demo itself needs for its next start.
    del found["demo.json"]
    assert any(name.endswith(".db") for name in found)
    assert "home-assistant.log" in found
    texts = {**found, "the states": states.encode(), "the diagnostics": diagnostics.encode()}
    key = "PSK_"
    for name, content in texts.items():
        assert memory["token"].encode() not in content, name
        assert key.encode() not in content, name
        assert memory["project"].encode() not in content, name
        assert not _ADDRESS.search(content), name

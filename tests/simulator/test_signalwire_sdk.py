"""SignalWire's own SDK, pointed at the simulator, works unchanged."""

import asyncio
import json
from pathlib import Path
import sys

from simulator import Simulator
from tests.helpers import PROJECT_ID, TOKEN, call_with_recording

SDK = Path(__file__).parents[2] / ".venv" / "signalwire-sdk"


async def test_it_lists_reads_updates_starts_and_deletes(simulator: Simulator) -> None:
    assert SDK.is_dir(), "scripts/signalwire-sdk puts the SDK there"
    simulator.space.add_recordings(count=119)
    call, idle = call_with_recording(simulator), simulator.space.start_call()
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, Path(__file__).with_name("signalwire_sdk.py")),
        *(simulator.url, PROJECT_ID, TOKEN, call.sid, idle.sid),
        env={"PYTHONPATH": str(SDK)},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await program.communicate()
    assert json.loads(printed) == {
        "listed": 120,
        "read": "stopped",
        "updated": ["paused", "in-progress", "stopped"],
        "refused": 400,
        "started": ["in-progress", 2],
        "deleted": True,
    }
    assert len(simulator.space.recordings) == 120

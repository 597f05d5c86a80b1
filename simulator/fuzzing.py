"""Runs Schemathesis against a simulated space: `scripts/fuzz --openapi FILE`."""

import asyncio
import json
from pathlib import Path
import sys
from tempfile import TemporaryDirectory

from . import Simulator
from .models import BASE

_PROJECT = "5f0c1f5e-9d0b-4a47-8f5c-0b7f7a6b1c2d"
_TOKEN = "PTof-the-fuzzer"  # noqa: S105 (the simulator takes whatever it was started with)
_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
# What the simulator does not offer, because nobody here asks for it.
_LEFT_OUT = (
    "POST /Accounts",
    "POST /Accounts/{Sid}",
    "DELETE /Accounts/{AccountSid}/Calls/{Sid}",
    "POST /Accounts/{AccountSid}/Conferences/{Sid}",
    # Without `.json` this is the audio, which the description says in words alone.
    "GET /Accounts/{AccountSid}/Recordings/{Sid}",
)


async def _run(openapi: str, options: list[str]) -> int:
    """Return Schemathesis' exit status."""
    simulator = Simulator(project=_PROJECT, token=_TOKEN)
    await simulator.start()
    try:
        with TemporaryDirectory() as folder:
            config = Path(folder) / "schemathesis.toml"
            config.write_text(_configuration(simulator))
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
                *("run", openapi, "--url", f"{simulator.url}{BASE}"),
                *("--auth", f"{_PROJECT}:{_TOKEN}", "--checks", ",".join(_CHECKS)),
                *("--phases", "examples,coverage,fuzzing", *options),
            )
            return await process.wait()
    finally:
        await simulator.stop()


def _configuration(simulator: Simulator) -> str:
    """Return what to put for the SIDs in the paths, so that there is something behind them."""
    space = simulator.space
    ended, *_ = space.add_recordings(count=60, spread=3600)
    call, conference = space.start_call(), space.start_conference()
    of_call = space.start_recording(call_sid=call.sid)
    of_conference = space.start_recording(conference_sid=conference.sid)
    accounts, calls, conferences = "/Accounts", "Calls/{CallSid}", "Conferences/{ConferenceSid}"
    account = f"{accounts}/{{AccountSid}}"
    sids = {
        f"{accounts}/{{Sid}}": _PROJECT,
        f"{account}/Calls/{{Sid}}": call.sid,
        f"{account}/{calls}/Recordings/{{Sid}}": of_call.sid,
        f"{account}/Conferences/{{Sid}}": conference.sid,
        f"{account}/{conferences}/Recordings/{{Sid}}": of_conference.sid,
        f"{account}/Recordings/{{Sid}}": ended.sid,
    }
    lines = [
        "[parameters]",
        f'"path.AccountSid" = {json.dumps(_PROJECT)}',
        f'"path.CallSid" = {json.dumps(call.sid)}',
        f'"path.ConferenceSid" = {json.dumps(conference.sid)}',
    ]
    for path, sid in sids.items():
        lines += [
            "[[operations]]",
            f"include-path = {json.dumps(path)}",
            f'parameters = {{"path.Sid" = {json.dumps(sid)}}}',
        ]
    for operation in _LEFT_OUT:
        lines += ["[[operations]]", f"include-name = {json.dumps(operation)}", "enabled = false"]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(_run(sys.argv[1], sys.argv[2:])))

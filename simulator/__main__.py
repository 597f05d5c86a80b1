"""Runs a simulated space: `python -m simulator --project UUID --token TOKEN`."""

import argparse
import asyncio
import signal

from . import Simulator


async def _run(options: argparse.Namespace) -> None:
    simulator = Simulator(
        project=options.project,
        token=options.token,
        space_name=options.space_name,
        signing_key=options.signing_key,
        shortest_recording=options.shortest_recording,
    )
    await simulator.start(options.host, options.port)
    print(f"SignalWire simulator on {simulator.url}", flush=True)  # noqa: T201 (what it is for)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await simulator.stop()


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8880, help="0 takes a free one")
    parser.add_argument("--project", required=True, help="the project's ID, a UUID")
    parser.add_argument("--token", required=True, help="the API token to be accepted")
    parser.add_argument("--space-name", default="Example", help="the account's friendly name")
    parser.add_argument("--signing-key", help="made up if left out")
    parser.add_argument(
        "--shortest-recording", type=float, default=1, help="shorter ones are absent; seconds"
    )
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()

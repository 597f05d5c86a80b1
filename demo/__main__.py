"""Run the demo: `python -m demo`."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
import getpass
from pathlib import Path
import signal
import sys
import time

import aiohttp

from .configuration import LOG_FILE, write_configuration
from .home_assistant import Server
from .processes import Child, race, running
from .screen import DemoError, complain, say
from .settings import (
    LOOPBACK,
    USER,
    USUAL_PORT,
    Account,
    Settings,
    only_one,
    port_is_free,
    settings_for,
    usual_folder,
)
from .setup import Wanted, set_up
from .traffic import Control, add_phone_numbers, keep_talking
from .waiting import wait_until

_ROOT = Path(__file__).resolve().parent.parent
_INTEGRATION = _ROOT / "custom_components" / "signalwire"
_SPACE_NAME = "Harbour Clinic"
_SIMULATOR_LIMIT = 30
_RESTART = 100
"""With this exit code Home Assistant asks to be started again."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    port: int
    calls: bool
    folder: Path
    integration: Path
    account: Account | None


def main() -> int:
    """Run the demo until it is told to stop, and return the exit code."""
    try:
        options = _options(sys.argv[1:])
        options.folder.mkdir(parents=True, exist_ok=True)
        with only_one(options.folder):
            asyncio.run(_until_told(options))
    except DemoError as err:
        complain(str(err))
        return 1
    except aiohttp.ClientError as err:
        complain(f"Home Assistant broke off the set-up: {err}")
        return 1
    return 0


def _options(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Home Assistant with the SignalWire integration, ready to look at.",
        epilog="Without an account, SignalWire is simulated on this machine.",
    )
    parser.add_argument(
        "--port", type=int, default=USUAL_PORT, help=f"of Home Assistant ({USUAL_PORT})"
    )
    parser.add_argument("--no-calls", action="store_true", help="let nobody call by itself")
    parser.add_argument("--config", type=Path, metavar="FOLDER", help="where to keep the demo")
    parser.add_argument(
        "--integration",
        type=Path,
        metavar="FOLDER",
        default=_INTEGRATION,
        help="the integration to run, such as an unpacked release (this checkout's)",
    )
    account = parser.add_argument_group("a real account")
    account.add_argument("--space", metavar="ADDRESS", help="example.signalwire.com")
    account.add_argument("--project", metavar="UUID", help="the project's ID")
    account.add_argument("--token", help="an API token; asked for if left out")
    given = parser.parse_args(arguments)
    real = _account(parser, given)
    folder = given.config or usual_folder(_ROOT, real)
    if not (given.integration / "manifest.json").is_file():
        parser.error(f"{given.integration} is no integration")
    return Options(
        port=given.port,
        calls=not given.no_calls,
        folder=folder.resolve(),
        integration=given.integration.resolve(),
        account=real,
    )


def _account(parser: argparse.ArgumentParser, given: argparse.Namespace) -> Account | None:
    if not (given.space or given.project or given.token):
        return None
    if not (given.space and given.project):
        parser.error("a real account needs --space and --project")
    token = given.token
    if not token:
        if not sys.stdin.isatty():
            parser.error("a real account needs --token")
        token = getpass.getpass("API token: ")
    return Account(space=given.space, project=given.project, token=token)


async def _until_told(options: Options) -> None:
    """Run the demo; a signal to stop ends it in order."""
    work = asyncio.ensure_future(_run(options))
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, told.set)
    stop = asyncio.ensure_future(told.wait())
    await asyncio.wait((work, stop), return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not work.done():
        say("\nStopping.")
        work.cancel()
    try:
        await work
    except asyncio.CancelledError:
        say("Stopped.")


async def _run(options: Options) -> None:
    folder = options.folder
    if not port_is_free(options.port):
        raise DemoError(f"Port {options.port} is taken: choose another one with --port.")
    settings = settings_for(folder, options.account, options.port)
    settings.save(folder)
    async with aiohttp.ClientSession() as session:
        if options.account is not None:
            await _home_assistant(session, options, settings, options.account)
            return
        settings = settings.with_free_simulator_port(options.port)
        account = _simulated(settings)
        say("Starting the simulated SignalWire.")
        async with _simulator(folder, account, settings.simulator_port) as simulator:
            control = Control(session, account.space)
            ready = wait_until(control.state, "the simulator answered", _SIMULATOR_LIMIT)
            await race(ready, simulator.watch())
            await control.tell_signing_key()
            guards = [simulator.watch()]
            if options.calls:
                guards.append(keep_talking(control))
            await race(_home_assistant(session, options, settings, account), *guards)


async def _home_assistant(
    session: aiohttp.ClientSession, options: Options, settings: Settings, account: Account
) -> None:
    """Run Home Assistant, and start it again whenever the person restarts it."""
    begin = time.monotonic()
    folder = options.folder
    server = Server(session, f"http://{LOOPBACK}:{options.port}")
    entered = account.fingerprint()
    wanted = Wanted(
        settings.password,
        account,
        changed=settings.entered != entered,
        simulated=options.account is None,
    )
    say("Starting Home Assistant." if settings.entered else "Setting up Home Assistant.")
    settings.save(folder)
    write_configuration(folder, options.integration, options.port)
    command = (sys.executable, "-m", "homeassistant", "--config", str(folder), "--skip-pip")
    code, welcomed = _RESTART, False
    while code == _RESTART:
        async with running(
            "Home Assistant", command, folder=folder, log=folder / "console.log"
        ) as home:
            if not welcomed:
                if wanted.simulated:
                    await add_phone_numbers(Control(session, account.space))
                webhook = await race(set_up(server, wanted), home.watch())
                if wanted.simulated and webhook is not None:
                    await Control(session, account.space).call_back(webhook)
                replace(settings, entered=entered).save(folder)
                _welcome(server, settings, account, folder, time.monotonic() - begin)
                welcomed = True
            code = await home.ended()
    raise home.failure(code)


@asynccontextmanager
async def _simulator(folder: Path, account: Account, port: int) -> AsyncIterator[Child]:
    command = (
        *(sys.executable, "-m", "simulator"),
        *("--host", LOOPBACK, "--port", str(port)),
        *("--project", account.project, "--token", account.token),
        *("--space-name", _SPACE_NAME),
    )
    log = folder / "simulator.log"
    async with running("The simulator", command, folder=_ROOT, log=log) as child:
        yield child


def _welcome(
    server: Server, settings: Settings, account: Account, folder: Path, seconds: float
) -> None:
    say()
    say(f"Home Assistant:  {server.address}  (ready after {seconds:.0f} s)")
    say(f"User name:       {USER}")
    say(f"Password:        {settings.password}")
    kind = "simulated" if settings.simulator_port else "real"
    say(f"SignalWire:      {account.space}  ({kind})")
    say(f"Log:             {folder / LOG_FILE}")
    say()
    say("Ctrl-C stops it all.")


def _simulated(settings: Settings) -> Account:
    return Account(
        space=f"http://{LOOPBACK}:{settings.simulator_port}",
        project=settings.project,
        token=settings.token,
    )


if __name__ == "__main__":
    sys.exit(main())

"""Prints what an account shows of each assumption; `--help` tells how."""

import argparse
import asyncio
from collections.abc import Iterable
from getpass import getpass
import os
import sys

from aiohttp import ClientSession
from yarl import URL

from custom_components.signalwire.api import InvalidSpaceError, parse_space

from .account import Account, Answer
from .assumption import Assumption, Finding, Verdict
from .calling import CALLING, Listener, StillCallingError, listening, recorded_call
from .reading import READING

# Seconds after which a date, which has whole seconds, is another.
_WAIT = 1.1


def main() -> int:
    """Return the exit code: 0, 1 if an assumption does not hold, 2 for a wrong use."""
    options = _parse()
    try:
        space = parse_space(options.space)
    except InvalidSpaceError as err:
        print(err, file=sys.stderr)
        return 2
    token = os.environ.get("SIGNALWIRE_TOKEN") or getpass("API token: ")
    if options.call and not _is_wanted(options):
        return 2
    findings = asyncio.run(_run(options, space, token))
    return 1 if Verdict.FAILS in findings else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/contract",
        description="Checks what this project assumes of SignalWire against an account, and prints "
        "what holds, ready to be pasted into an issue: without secrets, numbers and SIDs. It only "
        "reads, unless it is told to call somebody. The token comes from SIGNALWIRE_TOKEN, or is "
        "asked for.",
    )
    parser.add_argument("--space", required=True, help="such as example.signalwire.com")
    parser.add_argument("--project", required=True, help="the project's ID")
    parser.add_argument("--call", metavar="NUMBER", help="call this number, and record the call")
    parser.add_argument("--from", dest="from_", metavar="NUMBER", help="a number of the project's")
    parser.add_argument("--callback-url", help="an address from which a tunnel leads to --listen")
    parser.add_argument("--listen", type=int, metavar="PORT", help="the port on this machine")
    options = parser.parse_args()
    if options.call and not options.from_:
        parser.error("--call needs --from, a number of the project's")
    if bool(options.callback_url) != bool(options.listen):
        parser.error("--callback-url and --listen belong together")
    return options


def _is_wanted(options: argparse.Namespace) -> bool:
    print(
        f"This calls {options.call} from {options.from_}, records the call for some seconds, "
        "and hangs up. SignalWire charges for it. Whoever answers has to know."
    )
    return input("Call now? [y/N] ").strip().lower() in ("y", "yes")


async def _run(options: argparse.Namespace, space: URL, token: str) -> list[Verdict]:
    async with ClientSession() as session:
        account = Account(session, space, options.project, token)
        verdicts = await _check(READING.all, account)
        if options.call:
            try:
                verdicts += await _check_with_a_call(options, account)
            except StillCallingError:
                print("\nTHE CALL COULD NOT BE HUNG UP. It ends after two minutes; please hang up.")
                verdicts.append(Verdict.FAILS)
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in Verdict)
    print(f"\n{len(verdicts)} assumptions: {counts}")
    return verdicts


async def _check_with_a_call(options: argparse.Namespace, account: Account) -> list[Verdict]:
    listener = None
    if options.callback_url:
        key = os.environ.get("SIGNALWIRE_SIGNING_KEY")
        listener = Listener(address=options.callback_url, signing_key=key)
    async with recorded_call(account, options.call, options.from_, listener, wait=_WAIT) as call:
        if isinstance(call, Answer):
            print(f"\nThere was no call: {call}")
            return []
        if listener is None:
            return await _check(CALLING.all, call)
        async with listening(listener, options.listen):
            return await _check(CALLING.all, call)


async def _check[T](assumptions: Iterable[Assumption[T]], subject: T) -> list[Verdict]:
    verdicts = []
    for assumption in assumptions:
        try:
            finding = await assumption.check(subject)
        except Exception as err:  # noqa: BLE001 (whatever an answer is like, the others are checked)
            finding = Finding(Verdict.NOT_SEEN, type(err).__name__)
        verdicts.append(finding.verdict)
        print(f"{finding.verdict:14} {assumption.key}: {assumption.text}")
        if finding.seen:
            print(f"{'':14} {finding.seen}")
    return verdicts


if __name__ == "__main__":
    sys.exit(main())

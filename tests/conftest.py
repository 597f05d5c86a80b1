"""What the tests share: a SignalWire space on loopback, and a config entry for it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
import socket
from traceback import StackSummary
from types import MappingProxyType, ModuleType

from aiohttp import ClientSession, TCPConnector
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from xdist.workermanage import WorkerController
from yarl import URL

# Before Home Assistant starts, or the plugin's own package of this name wins.
import custom_components  # noqa: F401
from custom_components.signalwire.api import RetryPolicy, SignalWireClient
from simulator import Simulator
from tests.helpers import (
    FRONT_DESK,
    OFFICE,
    PROJECT_ID,
    TITLE,
    TOKEN,
    call_with_recording,
    entry_data,
    make_older,
    refresh,
)

# Short waits: what is tested is that they happen, not how long they are.
QUICK = RetryPolicy(attempts=4, total=5, attempt=0.5, first_wait=0.01, longest_wait=0.02)

# The plugin switches asyncio's debug mode on. Its checks stay; but for every future it notes all
# frames of the stack, which nobody reads, and which took half of the tests' time.
setattr(StackSummary, "extract", lambda *_, **__: StackSummary())  # noqa: B010 (mypy: no method)

_FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> list[str]:
    """Return the list of lines to print after the last test, under "figures"."""
    return request.config.stash.setdefault(_FIGURES, [])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the figures of an xdist worker to the process that prints them."""
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["figures"] = session.config.stash.get(_FIGURES, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    """Collect the figures of an xdist worker; one that crashed has none."""
    output: dict[str, list[str]] = getattr(node, "workeroutput", {})
    node.config.stash.setdefault(_FIGURES, []).extend(output.get("figures", []))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the figures that the tests have taken."""
    if lines := config.stash.get(_FIGURES, []):
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def _loopback_and_custom_integrations(socket_enabled: None, request: pytest.FixtureRequest) -> None:
    """Let every test reach the simulator, and Home Assistant find the integration."""
    # A test without Home Assistant does not pay for one.
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def entity_registry_enabled_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn on the entities that are off by default."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


@pytest.fixture
def hasty_unload(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Home Assistant wait 0.1 instead of 10 seconds for the tasks of what it unloads."""

    async def hasty_wait[T](
        tasks: Iterable[asyncio.Future[T]],
        *,
        timeout: float | None = None,  # noqa: ASYNC109 (that of asyncio.wait)
    ) -> tuple[set[asyncio.Future[T]], set[asyncio.Future[T]]]:
        return await asyncio.wait(tasks, timeout=None if timeout is None else min(timeout, 0.1))

    # Its own alone: the integration's waits stay as they are.
    hasty_asyncio = ModuleType("asyncio")
    vars(hasty_asyncio).update(vars(asyncio), wait=hasty_wait)
    monkeypatch.setattr("homeassistant.config_entries.asyncio", hasty_asyncio)


@pytest.fixture
def no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no host name resolve, without asking the network."""

    async def resolve(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(TCPConnector, "_resolve_host", resolve)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Return a running space without any calls, whose recordings are not public."""
    simulator = Simulator(project=PROJECT_ID, token=TOKEN, space_name=TITLE)
    # Public ones are told of in an issue, which most tests are not about.
    simulator.settings.protect_recordings = True
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """Return a session for clients outside Home Assistant."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
def client(session: ClientSession, simulator: Simulator) -> SignalWireClient:
    """Return a client of the simulator that is quick to try again."""
    return SignalWireClient(session, URL(simulator.url), PROJECT_ID, TOKEN, retry_policy=QUICK)


@pytest.fixture
def entry(hass: HomeAssistant, simulator: Simulator) -> MockConfigEntry:
    """Return a config entry for the simulator that is not set up yet."""
    entry = MockConfigEntry(
        domain="signalwire", title=TITLE, unique_id=PROJECT_ID, data=entry_data(simulator)
    )
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def unloaded_in_the_end(
    hass: HomeAssistant, entry: MockConfigEntry, hasty_unload: None
) -> AsyncIterator[None]:
    """Unload what still tries again before the simulator stops listening."""
    yield
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
async def loaded(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Return a config entry that is set up."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


@pytest.fixture
def lines(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Add two lines to the config entry, before it is set up."""
    for line_id, name, addresses in (
        (FRONT_DESK, "Front desk", ["+15550110", "sip:desk@shop.example.com"]),
        (OFFICE, "Office", ["+15550120", "Morning round"]),
    ):
        hass.config_entries.async_add_subentry(
            entry,
            ConfigSubentry(
                subentry_id=line_id,
                subentry_type="line",
                title=name,
                unique_id=None,
                data=MappingProxyType({"addresses": addresses}),
            ),
        )


@pytest.fixture
async def recorded(hass: HomeAssistant, loaded: MockConfigEntry, simulator: Simulator) -> str:
    """Return the SID of the only recording, which has been going on for a while."""
    call_with_recording(simulator)
    make_older(simulator)
    await refresh(hass, loaded)
    (sid,) = simulator.space.recordings
    return sid

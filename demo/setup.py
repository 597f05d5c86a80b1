"""What a person would do in a new Home Assistant, done through the same interfaces.

Every step looks first whether it is done, so that a start after an interrupted one goes on there.
"""

from dataclasses import dataclass
from typing import Any

from .dashboard import ensure_dashboard
from .home_assistant import Commands, Login, Server, connected
from .lines import add_lines
from .screen import DemoError, say
from .settings import USER, Account
from .waiting import wait_until

DOMAIN = "signalwire"
_START_LIMIT = 180
_ENTRY_LIMIT = 60
_LOADED = "loaded"
_UNSETTLED = ("not_loaded", "setup_in_progress", "unload_in_progress")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What Home Assistant has to be given."""

    password: str
    account: Account
    changed: bool
    """Whether the account is not what Home Assistant was given before."""
    simulated: bool


async def set_up(server: Server, wanted: Wanted) -> str | None:
    """Bring Home Assistant to where the person finds recordings on its start page.

    Return the address that SignalWire can call back, once the integration has one.
    """
    login = await _enter(server, wanted.password)
    async with connected(server, login) as commands:
        await wait_until(lambda: _running(commands), "Home Assistant was ready", _START_LIMIT)
        await _ensure_entry(server, login, commands, wanted)
        entry = await _settled(commands)
        if entry["state"] != _LOADED:
            say(f"The integration is not ready: {entry['reason'] or entry['state']}")
        await ensure_dashboard(commands)
        webhooks = await commands.send("webhook/list")
    await server.log_out(login)
    ids = [webhook["webhook_id"] for webhook in webhooks if webhook["domain"] == DOMAIN]
    return f"{server.address}/api/webhook/{ids[0]}" if ids else None


async def _enter(server: Server, password: str) -> Login:
    """Do what is left of onboarding, and log in."""
    steps = await wait_until(server.onboarding, "Home Assistant answered", _START_LIMIT)
    if steps.get("user") is False:
        login = await server.create_user(USER, password)
    else:
        login = await server.log_in(USER, password)
    if steps.get("analytics") is False:
        # No preferences are sent along, so that nothing is ever reported.
        await server.post("/api/onboarding/analytics", {}, login)
    if steps.get("integration") is False:
        form = {"client_id": server.client_id, "redirect_uri": server.client_id}
        await server.post("/api/onboarding/integration", form, login)
    return login


async def _running(commands: Commands) -> bool | None:
    config = await commands.send("get_config")
    return True if config["state"] == "RUNNING" else None


async def _ensure_entry(server: Server, login: Login, commands: Commands, wanted: Wanted) -> None:
    """Add the integration with its form, or tell it where the account is now."""
    start: dict[str, object] = {"handler": DOMAIN}
    if entries := await commands.send("config_entries/get", domain=DOMAIN):
        entry = await _settled(commands)
        # The simulator is there for sure, so what does not reach it is mistaken about its address.
        lost = wanted.simulated and entry["state"] != _LOADED
        if not wanted.changed and not lost:
            return
        start["entry_id"] = entries[0]["entry_id"]
    answer = await server.post("/api/config/config_entries/flow", start, login)
    if answer["type"] == "form":
        form = _fill_in(answer["data_schema"], wanted.account)
        path = f"/api/config/config_entries/flow/{answer['flow_id']}"
        answer = await server.post(path, form, login)
    if answer["type"] == "create_entry":
        if wanted.simulated:
            entry_id = answer["result"]["entry_id"]
            await _look_often(server, login, entry_id)
            await add_lines(server, login, commands, entry_id)
    elif answer.get("reason") != "reconfigure_successful":
        errors = answer.get("errors") or {"": answer.get("reason")}
        reasons = ", ".join(map(str, errors.values()))
        raise DemoError(f"The integration refused the account: {reasons}.")


async def _settled(commands: Commands) -> dict[str, Any]:
    """Return the config entry once the integration knows how it is."""

    async def probe() -> dict[str, Any] | None:
        [entry] = await commands.send("config_entries/get", domain=DOMAIN)
        return None if entry["state"] in _UNSETTLED else dict(entry)

    return await wait_until(probe, "the integration was set up", _ENTRY_LIMIT)


async def _look_often(server: Server, login: Login, entry_id: str) -> None:
    """Choose short intervals: the simulator does not mind, and the dashboard moves at once."""
    path = "/api/config/config_entries/options/flow"
    flow = await server.post(path, {"handler": entry_id}, login)
    path = f"{path}/{flow['flow_id']}"
    await server.post(path, {"next_step_id": "settings"}, login)
    await server.post(path, {"active_interval": 1, "idle_interval": 60}, login)


def _fill_in(schema: list[dict[str, Any]], account: Account) -> dict[str, str]:
    """Return the answers to the questions that the form asks."""
    answers = {
        "space": account.space,
        "project_id": account.project,
        "api_token": account.token,
    }
    return {field["name"]: answers[field["name"]] for field in schema if field["name"] in answers}

"""The demo's start page: the dashboard that the integration brings."""

from .home_assistant import Commands

DASHBOARD = {
    "url_path": "signalwire-recordings",
    "title": "SignalWire recordings",
    "icon": "mdi:phone-in-talk",
}


async def ensure_dashboard(commands: Commands) -> None:
    """Add the dashboard and show it first, unless it is there already: it may have been edited."""
    boards = await commands.send("lovelace/dashboards/list")
    if any(board["url_path"] == DASHBOARD["url_path"] for board in boards):
        return
    await commands.send("lovelace/dashboards/create", **DASHBOARD, show_in_sidebar=True)
    await commands.send(
        "lovelace/config/save",
        url_path=DASHBOARD["url_path"],
        config={"strategy": {"type": "custom:signalwire-recordings"}},
    )
    core = (await commands.send("frontend/get_system_data", key="core"))["value"] or {}
    core["default_panel"] = DASHBOARD["url_path"]
    await commands.send("frontend/set_system_data", key="core", value=core)

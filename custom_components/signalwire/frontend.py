"""The card and the dashboard of the integration, for Home Assistant's frontend to load."""

import hashlib
from pathlib import Path
from typing import Final

from homeassistant.components import frontend

# Home Assistant's own integrations take it from there, too, though it is not said to be exported.
from homeassistant.components.http import StaticPathConfig  # type: ignore[attr-defined]
from homeassistant.core import HomeAssistant

from .const import DOMAIN

FOLDER: Final = Path(__file__).parent / "www"
_ENTRY: Final = "main.js"


async def async_setup_frontend(hass: HomeAssistant) -> None:
    """Serve the files, and have every page load them; nothing where there is no frontend."""
    if frontend.DOMAIN not in hass.config.components:
        return
    # In the path rather than in a query, for it has to reach the modules that the first imports.
    path = f"/{DOMAIN}_frontend/{await hass.async_add_executor_job(_version)}"
    await hass.http.async_register_static_paths([StaticPathConfig(path, str(FOLDER))])
    frontend.add_extra_js_url(hass, f"{path}/{_ENTRY}")


def _version() -> str:
    """Return what is another one as soon as any file is: browsers keep them for a month."""
    content = b"".join(file.read_bytes() for file in sorted(FOLDER.iterdir()))
    return hashlib.sha256(content).hexdigest()[:12]

"""Repairs: what a person can decide about an issue."""

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
import voluptuous as vol

from .helpers import loaded_entry


class ReleaseFlow(RepairsFlow):
    """Asks whether to release a hold that stands in for what was lost."""

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask at once."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask, and release on submission."""
        data = self.data or {}
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                data_schema=vol.Schema({}),
                description_placeholders={name: str(value) for name, value in data.items()},
            )
        await loaded_entry(
            self.hass, str(data.get("entry_id"))
        ).runtime_data.project.holds.async_release()
        return self.async_create_entry(data={})


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow of an issue; there is one that can be fixed."""
    return ReleaseFlow()

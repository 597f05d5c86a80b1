"""Repairs: what a person can decide about an issue."""

from abc import ABC, abstractmethod

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import voluptuous as vol

from .helpers import loaded_entry
from .project.issues import PUBLIC
from .project.project import Project
from .project.protection import ProtectionError


class _ConfirmFlow(RepairsFlow, ABC):
    """Asks a question, and acts once it is submitted."""

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Ask at once."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask, and act on submission."""
        data = self.data or {}
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                data_schema=vol.Schema({}),
                description_placeholders={name: str(value) for name, value in data.items()},
            )
        try:
            entry = loaded_entry(self.hass, str(data.get("entry_id")))
        except ServiceValidationError:
            # Unloaded or removed while the question was open.
            return self.async_abort(
                reason="project_not_loaded",
                description_placeholders={"project": str(data.get("project"))},
            )
        return await self._async_fix(entry.runtime_data.project)

    @abstractmethod
    async def _async_fix(self, project: Project) -> RepairsFlowResult:
        """Act, and return how the flow ends."""


class ReleaseFlow(_ConfirmFlow):
    """Asks whether to release a hold that began because what was stored is lost."""

    async def _async_fix(self, project: Project) -> RepairsFlowResult:
        # Who has decided meanwhile, and holds now, is not asked any more.
        for hold in list(project.state.holds):
            if hold.damage is not None:
                await project.hold_controller.async_release(name=hold.name, line=hold.line)
        return self.async_create_entry(data={})


class ProtectFlow(_ConfirmFlow):
    """Asks whether recordings are to be played with the project's login alone."""

    async def _async_fix(self, project: Project) -> RepairsFlowResult:
        try:
            await project.protection.async_protect()
        except ProtectionError as err:
            return self.async_abort(reason=err.key, description_placeholders={"reason": err.reason})
        return self.async_create_entry(data={})


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow of an issue."""
    return ProtectFlow() if data and data.get("kind") == PUBLIC else ReleaseFlow()

"""Tools for language models, which act on what the service has confirmed, not on hope."""

from datetime import timedelta
from typing import Final, override

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)
import probatio

from .const import DOMAIN, MAX_HOLD
from .voice import Command, Refusal, RefusedError, async_carry_out, async_exposed_projects

_MINUTES: Final = "minutes"

_REFUSALS = {
    Refusal.NO_PROJECT: "No SignalWire project is set up",
    Refusal.NOT_READY: "No SignalWire project is ready; nothing was done",
    Refusal.NOT_EXPOSED: "Call recording is not exposed to this assistant",
    Refusal.NOT_ALLOWED: "The user is not allowed to do this",
}
_PROMPT = (
    "Phone calls are recorded by SignalWire. To pause, resume or stop these recordings, or to tell "
    "whether calls are being recorded, use the signalwire tools. Tell the user only what their "
    "results confirm: if `confirmed` is false, say what is not. Pausing covers all calls, new "
    "ones too, and can be undone; stopping cannot. When in doubt which one is meant, pause."
)


class RecordingTool(Tool):
    """Carries out one command for a language model."""

    integration = DOMAIN

    def __init__(
        self,
        command: Command,
        name: str,
        title: str,
        description: str,
        annotations: ToolAnnotations,
        parameters: probatio.Schema | None = None,
    ) -> None:
        self._command = command
        self.name = f"{DOMAIN}__{name}"
        self.title = title
        self.description = description
        self.annotations = annotations
        self.parameters = parameters or probatio.Schema({})

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Carry it out; the result has what the service has confirmed."""
        arguments = self.parameters(tool_input.tool_args)
        try:
            outcome = await async_carry_out(
                hass,
                self._command,
                duration=timedelta(minutes=arguments.get(_MINUTES, 0)) or None,
                context=llm_context.context,
                assistant=llm_context.assistant,
            )
        except RefusedError as err:
            return ToolResult(data={"error": _REFUSALS[err.refusal]}, error=True)
        return ToolResult(data=outcome.as_dict(), error=not outcome.confirmed)


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools if a project's call recording is exposed to the assistant."""
    if api_id != LLM_API_ASSIST or not async_exposed_projects(hass, llm_context.assistant):
        return None
    longest = MAX_HOLD.total_seconds() / 60
    return LLMTools(
        prompt=_PROMPT,
        tools=[
            RecordingTool(
                Command.PAUSE,
                "pause_recordings",
                "Pause call recordings",
                "Pauses the recording of all phone calls, of new ones too, until it is resumed, "
                "or for so many minutes",
                ToolAnnotations(destructive=False, idempotent=True),
                probatio.Schema(
                    {
                        probatio.Optional(
                            _MINUTES, description="After how many minutes to resume by itself"
                        ): probatio.All(
                            probatio.Coerce(float),
                            probatio.Range(min=0, min_included=False, max=longest),
                        )
                    }
                ),
            ),
            RecordingTool(
                Command.RESUME,
                "resume_recordings",
                "Resume call recordings",
                "Resumes the recording of phone calls; those that a person paused one by one "
                "stay paused",
                ToolAnnotations(destructive=False, idempotent=True),
            ),
            RecordingTool(
                Command.STOP_ALL,
                "stop_recordings",
                "Stop call recordings",
                "Ends all active recordings of phone calls for good; they cannot be started "
                "again, and new calls are still recorded",
                ToolAnnotations(destructive=True, idempotent=True),
            ),
            RecordingTool(
                Command.COUNT,
                "get_recordings",
                "Get call recordings",
                "Tells how many phone calls are being recorded right now, and how many "
                "recordings are paused",
                ToolAnnotations(read_only=True, destructive=False, idempotent=True),
            ),
        ],
    )

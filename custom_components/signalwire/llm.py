"""Tools for language models, which act on what the service has confirmed, not on hope."""

from datetime import timedelta
from typing import Any, Final, override

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import config_validation as cv
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
from .voice import Command, Refusal, RefusedError, async_carry_out, async_exposed_scopes

_MINUTES: Final = "minutes"
_LINE: Final = "line"

_REFUSALS = {
    Refusal.NO_PROJECT: "No SignalWire project is set up",
    Refusal.NO_LINE: "There is no line of that name; nothing was done",
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
_LINES_PROMPT = (
    " Without `line`, the tools are for all calls. For those of one desk or room only, there are "
    "these lines: {lines}. If the user is in the area of a line and does not say which calls, "
    "those of that line are meant."
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
        parameters: dict[Any, Any],
    ) -> None:
        self._command = command
        self.name = f"{DOMAIN}__{name}"
        self.title = title
        self.description = description
        self.annotations = annotations
        self.parameters = probatio.Schema(parameters)

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
                line=arguments.get(_LINE),
                context=llm_context.context,
                assistant=llm_context.assistant,
            )
        except RefusedError as err:
            return ToolResult(data={"error": _REFUSALS[err.refusal]}, error=True)
        return ToolResult(data=outcome.as_dict(), error=not outcome.confirmed)


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools if any call recording is exposed to the assistant."""
    if api_id != LLM_API_ASSIST:
        return None
    scopes = [
        scope for scope in async_exposed_scopes(hass, llm_context.assistant) if scope.is_ready
    ]
    if not scopes:
        return None
    prompt = _PROMPT
    line: dict[Any, Any] = {}
    if lines := [scope for scope in scopes if scope.line_id is not None]:
        areas = ar.async_get(hass)
        prompt += _LINES_PROMPT.format(
            lines=", ".join(
                f"{scope.name} (in {area.name})"
                if scope.area_id is not None and (area := areas.async_get_area(scope.area_id))
                else scope.name
                for scope in lines
            )
        )
        line = {
            probatio.Optional(
                _LINE, description="The name of the line whose calls are meant; without it, all are"
            ): cv.string
        }
    longest = MAX_HOLD.total_seconds() / 60
    minutes = {
        probatio.Optional(
            _MINUTES, description="After how many minutes to resume by itself"
        ): probatio.All(
            probatio.Coerce(float), probatio.Range(min=0, min_included=False, max=longest)
        )
    }
    return LLMTools(
        prompt=prompt,
        tools=[
            RecordingTool(
                Command.PAUSE,
                "pause_recordings",
                "Pause call recordings",
                "Pauses the recording of phone calls, of new ones too, until it is resumed, "
                "or for so many minutes",
                ToolAnnotations(destructive=False, idempotent=True),
                line | minutes,
            ),
            RecordingTool(
                Command.RESUME,
                "resume_recordings",
                "Resume call recordings",
                "Resumes the recording of phone calls; those that a person paused one by one "
                "stay paused",
                ToolAnnotations(destructive=False, idempotent=True),
                line,
            ),
            RecordingTool(
                Command.STOP_ALL,
                "stop_recordings",
                "Stop call recordings",
                "Ends all active recordings of phone calls for good; they cannot be started "
                "again, and new calls are still recorded",
                ToolAnnotations(destructive=True, idempotent=True),
                line,
            ),
            RecordingTool(
                Command.COUNT,
                "get_recordings",
                "Get call recordings",
                "Tells how many phone calls are being recorded right now, and how many "
                "recordings are paused",
                ToolAnnotations(read_only=True, destructive=False, idempotent=True),
                line,
            ),
        ],
    )

"""Set-up, re-authentication, reconfiguration and options of a SignalWire project."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override
from uuid import UUID

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_API_TOKEN, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import dt as dt_util
import voluptuous as vol
from yarl import URL

from .api import (
    AudioFormat,
    AuthenticationError,
    HostNotFoundError,
    InvalidSpaceError,
    MalformedAnswerError,
    NotTheServiceError,
    RateLimitedError,
    RetryPolicy,
    ServiceAnswerError,
    SignalWireClient,
    SignalWireError,
    UnavailableError,
    parse_space,
)
from .const import (
    CONF_ACTIVE_INTERVAL,
    CONF_AUTO_RELEASE,
    CONF_COPY_FOLDER,
    CONF_COPY_FORMAT,
    CONF_DELETIONS_A_DAY,
    CONF_HELD_INTERVAL,
    CONF_IDLE_INTERVAL,
    CONF_LOOK_BACK,
    CONF_MAX_SLOTS,
    CONF_PROJECT_ID,
    CONF_RETENTION_CONFIRMED,
    CONF_RETENTION_DAYS,
    CONF_SIGNING_KEY,
    CONF_SPACE,
    CONF_VERIFY_SIGNATURE,
    DOMAIN,
    LOGGER,
    MAX_RETENTION_DAYS,
    SUBENTRY_LINE,
)
from .copies.folder import CopyFolder
from .line_flow import LineFlow
from .project.copies import is_allowed
from .project.retention_rule import Due, RetentionPolicy
from .project.settings import DEFAULTS, MAX_HELD_INTERVAL
from .webhook.address import async_webhook_address

# A person waits for the answer.
_VALIDATION_RETRIES = RetryPolicy(attempts=2, total=15, attempt=10)

_API_TOKEN = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)
_PROJECT_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_SPACE): TextSelector(TextSelectorConfig(autocomplete="url")),
        vol.Required(CONF_PROJECT_ID): TextSelector(TextSelectorConfig(autocomplete="username")),
        vol.Required(CONF_API_TOKEN): _API_TOKEN,
    }
)
_REAUTH_SCHEMA = vol.Schema({vol.Required(CONF_API_TOKEN): _API_TOKEN})


def _number(lowest: int, highest: int, unit: str | None = None) -> vol.All[int]:
    config = NumberSelectorConfig(min=lowest, max=highest, step=1, mode=NumberSelectorMode.BOX)
    if unit is not None:
        config["unit_of_measurement"] = unit
    return vol.All(NumberSelector(config), vol.Coerce(int))


_SETTINGS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_ACTIVE_INTERVAL, default=DEFAULTS[CONF_ACTIVE_INTERVAL]): _number(
            1, 300, UnitOfTime.SECONDS
        ),
        vol.Required(CONF_HELD_INTERVAL, default=DEFAULTS[CONF_HELD_INTERVAL]): _number(
            1, MAX_HELD_INTERVAL, UnitOfTime.SECONDS
        ),
        vol.Required(CONF_IDLE_INTERVAL, default=DEFAULTS[CONF_IDLE_INTERVAL]): _number(
            2, 3600, UnitOfTime.SECONDS
        ),
        vol.Required(CONF_LOOK_BACK, default=DEFAULTS[CONF_LOOK_BACK]): _number(
            1, 168, UnitOfTime.HOURS
        ),
        vol.Required(CONF_MAX_SLOTS, default=DEFAULTS[CONF_MAX_SLOTS]): _number(1, 100),
        vol.Required(CONF_AUTO_RELEASE, default=DEFAULTS[CONF_AUTO_RELEASE]): _number(
            0, 1440, UnitOfTime.MINUTES
        ),
    }
)
_RETENTION_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_RETENTION_DAYS, default=DEFAULTS[CONF_RETENTION_DAYS]): _number(
            0, MAX_RETENTION_DAYS, UnitOfTime.DAYS
        ),
        vol.Required(CONF_DELETIONS_A_DAY, default=DEFAULTS[CONF_DELETIONS_A_DAY]): _number(
            1, 10_000
        ),
    }
)
_COPIES_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_COPY_FORMAT, default=AudioFormat.MP3.value): SelectSelector(
            SelectSelectorConfig(
                options=[audio_format.value for audio_format in AudioFormat],
                translation_key="audio_format",
            )
        ),
    }
)
_NUMBER = "number"
_CONFIRM_SCHEMA = vol.Schema({vol.Required(_NUMBER): TextSelector()})
_ADDRESS = "address"
_FORGET_KEY = "forget_signing_key"
_WEBHOOK_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_VERIFY_SIGNATURE, default=True): BooleanSelector(),
        vol.Optional(CONF_SIGNING_KEY): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
        ),
    }
)
# Texts of ours may not hold markup themselves, and it is the same in every language.
_CXML_EXAMPLE = """\
<Dial record="record-from-answer"
  recordingStatusCallback="{address}"
  recordingStatusCallbackEvent="in-progress completed absent">
<Record
  recordingStatusCallback="{address}"
  recordingStatusCallbackEvent="in-progress completed absent" />
<Conference record="record-from-start"
  recordingStatusCallback="{address}"
  recordingStatusCallbackEvent="in-progress completed failed">"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Project:
    """A project as a person typed it, in the form in which it is stored."""

    space: URL
    project_id: str
    api_token: str

    @property
    def data(self) -> dict[str, str]:
        """Return what the config entry stores."""
        return {
            CONF_SPACE: str(self.space),
            CONF_PROJECT_ID: self.project_id,
            CONF_API_TOKEN: self.api_token,
        }

    @property
    def fallback_title(self) -> str:
        """Return a title for a project whose name the token may not read."""
        return (self.space.host or "").removesuffix(".signalwire.com") or "SignalWire"


def _parse(user_input: Mapping[str, str]) -> tuple[_Project | None, dict[str, str]]:
    """Return the project, or for each field what is wrong with it."""
    errors: dict[str, str] = {}
    try:
        space = parse_space(user_input[CONF_SPACE])
    except InvalidSpaceError:
        errors[CONF_SPACE] = "invalid_space"
    try:
        project_id = str(UUID(user_input[CONF_PROJECT_ID].strip()))
    except ValueError:
        errors[CONF_PROJECT_ID] = "invalid_project_id"
    if not (api_token := user_input[CONF_API_TOKEN].strip()):
        errors[CONF_API_TOKEN] = "missing_token"
    if errors:
        return None, errors
    return _Project(space=space, project_id=project_id, api_token=api_token), errors


async def _async_validate(hass: HomeAssistant, project: _Project) -> tuple[str, dict[str, str]]:
    """Ask the service, and return a title and for each field what is wrong with it.

    The recordings need the Voice scope, the account's name the Management scope: without the
    latter everything works but for the title.
    """
    client = SignalWireClient(
        async_get_clientsession(hass),
        project.space,
        project.project_id,
        project.api_token,
        retry_policy=_VALIDATION_RETRIES,
    )
    try:
        await client.list_recordings(limit=1)
    except AuthenticationError:
        # The service gives the same answer for a wrong token and for one without the scope.
        return "", {"base": "missing_scope" if await _async_name(client) else "invalid_auth"}
    except SignalWireError as err:
        return "", _error_for(err)
    return await _async_name(client) or project.fallback_title, {}


async def _async_name(client: SignalWireClient) -> str | None:
    """Return the account's friendly name, or None if the token may not read it."""
    try:
        account = await client.get_account()
    except SignalWireError:
        return None
    return account.friendly_name


def _error_for(err: SignalWireError) -> dict[str, str]:
    match err:
        case HostNotFoundError():
            return {CONF_SPACE: "host_not_found"}
        case RateLimitedError():
            return {"base": "rate_limited"}
        case NotTheServiceError():
            return {CONF_SPACE: "not_signalwire"}
        case UnavailableError():
            return {"base": "cannot_connect"}
        case MalformedAnswerError() | ServiceAnswerError(code=None):
            return {CONF_SPACE: "not_signalwire"}
        case _:
            LOGGER.warning("SignalWire refused to list recordings: %s", err)
            return {"base": "rejected"}


class SignalWireConfigFlow(ConfigFlow, domain=DOMAIN):
    """Sets up a project, and lets its address and token be changed."""

    VERSION = 1

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry[Any]) -> SignalWireOptionsFlow:
        """Return the options flow."""
        return SignalWireOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry[Any]
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return what can be added to a project: lines."""
        return {SUBENTRY_LINE: LineFlow}

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the project."""
        errors: dict[str, str] = {}
        if user_input is not None:
            project, errors = _parse(user_input)
            if project is not None:
                await self.async_set_unique_id(project.project_id)
                self._abort_if_unique_id_configured()
                title, errors = await _async_validate(self.hass, project)
                if not errors:
                    return self.async_create_entry(title=title, data=project.data)
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(_PROJECT_SCHEMA, user_input),
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another address or token of the same project."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            project, errors = _parse(user_input)
            if project is not None and project.project_id != entry.unique_id:
                errors[CONF_PROJECT_ID] = "wrong_project"
            elif project is not None:
                _, errors = await _async_validate(self.hass, project)
                if not errors:
                    return self.async_update_reload_and_abort(entry, data_updates=project.data)
        shown = user_input or {
            name: value for name, value in entry.data.items() if name != CONF_API_TOKEN
        }
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(_PROJECT_SCHEMA, shown),
            errors=errors,
        )

    async def async_step_reauth(
        self,
        entry_data: Mapping[str, Any],
    ) -> ConfigFlowResult:
        """Begin to ask for a new token."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new token."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            project, errors = _parse({**entry.data, **user_input})
            if project is not None:
                _, errors = await _async_validate(self.hass, project)
                if not errors:
                    return self.async_update_reload_and_abort(
                        entry, data_updates={CONF_API_TOKEN: project.api_token}
                    )
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=_REAUTH_SCHEMA,
            description_placeholders={"project": entry.title},
            errors=errors,
        )


class SignalWireOptionsFlow(OptionsFlowWithReload):
    """How often and how far back is read, the webhook, and how long recordings are kept."""

    def __init__(self) -> None:
        # What retention would be, and what it would delete.
        self._retention: dict[str, Any] = {}
        self._policy: dict[str, Any] = {}
        self._due: Due | None = None

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what the options are to be about."""
        return self.async_show_menu(
            step_id="init", menu_options=["settings", "webhook", "copies", "retention"]
        )

    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options of reading."""
        if user_input is not None:
            return self._save(user_input)
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(
                _SETTINGS_SCHEMA, self.config_entry.options
            ),
        )

    async def async_step_webhook(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the address to give to SignalWire, and ask how its callbacks are checked."""
        if user_input is not None:
            user_input.pop(_ADDRESS, None)
            # The key is never shown, so an empty field leaves it as it is.
            forget = user_input.pop(_FORGET_KEY, False)
            if key := user_input.pop(CONF_SIGNING_KEY, "").strip():
                user_input[CONF_SIGNING_KEY] = key
            elif forget:
                return self._save(user_input, without=CONF_SIGNING_KEY)
            return self._save(user_input)
        address = await async_webhook_address(self.hass, self.config_entry)
        if address is None:
            return self.async_show_form(step_id="webhook_unreachable", last_step=True)
        shown = vol.Schema(
            {
                vol.Optional(_ADDRESS, default=address): TextSelector(
                    TextSelectorConfig(type=TextSelectorType.URL, read_only=True)
                )
            }
        )
        shown = shown.extend(_WEBHOOK_SCHEMA.schema)
        if CONF_SIGNING_KEY in self.config_entry.options:
            shown = shown.extend({vol.Optional(_FORGET_KEY, default=False): BooleanSelector()})
        return self.async_show_form(
            step_id="webhook",
            data_schema=self.add_suggested_values_to_schema(
                shown,
                {CONF_VERIFY_SIGNATURE: self.config_entry.options.get(CONF_VERIFY_SIGNATURE, True)},
            ),
            description_placeholders={"example": _CXML_EXAMPLE.format(address=address)},
        )

    async def async_step_webhook_unreachable(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Look again whether Home Assistant has an address by now."""
        return await self.async_step_webhook()

    async def async_step_copies(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where recordings are copied to."""
        errors: dict[str, str] = {}
        if user_input is not None:
            folder = user_input.get(CONF_COPY_FOLDER, "").strip()
            if not folder:
                return self._save(user_input, without=CONF_COPY_FOLDER)
            error = await self.hass.async_add_executor_job(self._prepare, folder)
            if error is None:
                # Without a change of the options, nothing is loaded again.
                if self.config_entry.state is ConfigEntryState.LOADED:
                    self.config_entry.runtime_data.project.copies.async_scan_now()
                return self._save({**user_input, CONF_COPY_FOLDER: folder})
            errors[CONF_COPY_FOLDER] = error
        folders = [f"{folder}/signalwire" for folder in self.hass.config.media_dirs.values()]
        schema = vol.Schema(
            {
                vol.Optional(CONF_COPY_FOLDER): SelectSelector(
                    SelectSelectorConfig(options=folders, custom_value=True)
                ),
                **_COPIES_SCHEMA.schema,
            }
        )
        return self.async_show_form(
            step_id="copies",
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or self.config_entry.options
            ),
            errors=errors,
        )

    def _prepare(self, folder: str) -> str | None:
        """Create the folder; return why that cannot be."""
        if not is_allowed(self.hass.config, folder):
            return "folder_not_allowed"
        try:
            CopyFolder(folder, self.config_entry.entry_id).prepare()
        except OSError:
            return "folder_not_writable"
        return None

    async def async_step_retention(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how long recordings are kept; what that would delete is to be confirmed."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._retention = user_input
            policy = RetentionPolicy.from_entry(self.config_entry, user_input[CONF_RETENTION_DAYS])
            self._policy = policy.to_confirm(self.config_entry)
            if policy.shortest is None:
                return self._save_retention()
            errors = await self._async_count_due(policy)
            if self._due is not None:
                return await self.async_step_retention_confirm()
        return self.async_show_form(
            step_id="retention",
            data_schema=self.add_suggested_values_to_schema(
                _RETENTION_SCHEMA, user_input or self.config_entry.options
            ),
            errors=errors,
            last_step=False,
        )

    async def _async_count_due(self, policy: RetentionPolicy) -> dict[str, str]:
        """Note what a policy would delete; return what is wrong, so that it is not known."""
        self._due = None
        if self.config_entry.state is not ConfigEntryState.LOADED:
            return {"base": "not_ready"}
        try:
            self._due = await self.config_entry.runtime_data.project.retention.async_count_due(
                policy
            )
        except SignalWireError as err:
            LOGGER.warning("What is due for deletion could not be counted: %s", err)
            return {"base": "not_counted"}
        return {}

    async def async_step_retention_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what would be deleted, and ask for the number of it."""
        due, errors = self._due or Due(limit=0), None
        if user_input is not None:
            if user_input[_NUMBER].strip() == str(due.number):
                return self._save_retention()
            errors = {_NUMBER: "wrong_number"}
        return self.async_show_form(
            step_id="retention_confirm",
            data_schema=_CONFIRM_SCHEMA,
            errors=errors,
            description_placeholders={
                "number": str(due.number),
                "first": _day(due.first),
                "last": _day(due.last),
                "a_day": str(self._retention[CONF_DELETIONS_A_DAY]),
            },
        )

    def _save_retention(self) -> ConfigFlowResult:
        """Save what was counted: if a line was changed since, it is not what is confirmed."""
        confirmed = {"at": dt_util.utcnow().isoformat(), "policy": self._policy}
        return self._save({**self._retention, CONF_RETENTION_CONFIRMED: confirmed})

    def _save(self, changed: Mapping[str, Any], without: str | None = None) -> ConfigFlowResult:
        options = {**self.config_entry.options, **changed}
        return self.async_create_entry(
            data={name: value for name, value in options.items() if name != without}
        )


def _day(moment: datetime | None) -> str:
    """Return the day on which that was, where Home Assistant is."""
    return "-" if moment is None else dt_util.as_local(moment).date().isoformat()

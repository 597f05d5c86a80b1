"""The actions of the integration."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType
import voluptuous as vol

from .api import (
    AudioFormat,
    NotFoundError,
    PauseBehavior,
    RecordingChannels,
    RecordingStatus,
    RecordingTrack,
    RecordingTrim,
    SignalWireError,
)
from .const import DOMAIN, MAX_HOLD, MAX_RETENTION_DAYS
from .coordinator import SignalWireConfigEntry, SignalWireCoordinator
from .errors import operation_error, service_error, validation_error
from .fields import recording_response
from .permissions import async_check_scopes
from .project.commands import RecordingOptions
from .project.hold import SWITCH
from .project.hold_controller import HoldController
from .project.retention import MAX_FAILURES
from .targets import async_targeted_recordings, targeted_scopes
from .tasks import gather_all
from .webhook.address import async_webhook_address

SERVICE_HOLD_RECORDINGS = "hold_recordings"
SERVICE_RELEASE_RECORDINGS = "release_recordings"
SERVICE_UPDATE_RECORDING = "update_recording"
SERVICE_START_RECORDING = "start_recording"
SERVICE_LIST_RECORDINGS = "list_recordings"
SERVICE_KEEP_RECORDING = "keep_recording"
SERVICE_GET_TRANSCRIPT = "get_transcript"
SERVICE_SAVE_RECORDING = "save_recording"
SERVICE_DELETE_RECORDING = "delete_recording"
SERVICE_DELETE_RECORDINGS = "delete_recordings"

ATTR_ALL_CALLS = "all_calls"
ATTR_ALL_HOLDS = "all_holds"
ATTR_CALL_SID = "call_sid"
ATTR_CHANNELS = "channels"
ATTR_CONFERENCE_SID = "conference_sid"
ATTR_CONFIG_ENTRY = "config_entry_id"
ATTR_CONFIRM = "confirm"
ATTR_DRY_RUN = "dry_run"
ATTR_FOLDER = "folder"
ATTR_FORMAT = "format"
ATTR_FOR = "for"
ATTR_KEEP = "keep"
ATTR_LIMIT = "limit"
ATTR_NAME = "name"
ATTR_NUMBER = "number"
ATTR_OLDER_THAN = "older_than"
ATTR_PAUSE_BEHAVIOR = "pause_behavior"
ATTR_RECORDING_SID = "recording_sid"
ATTR_SINCE = "since"
ATTR_STATUS = "status"
ATTR_TRACK = "track"
ATTR_TRIM = "trim"
ATTR_UNTIL = "until"

_LIST_SINCE = timedelta(days=1)
_MAX_LISTED = 1000
_MAX_DELETED = 1000
# Of a hold's name, which stands in an attribute.
_MAX_NAME = 100

_YEARS = range(1970, 2200)


def _moment(value: object) -> datetime:
    """Return a time, UTC; raises Invalid for one that is none or of a year that nobody means."""
    moment = cv.datetime(value)
    if moment.year not in _YEARS:
        raise vol.Invalid(f"The year must be from {_YEARS[0]} to {_YEARS[-1]}")
    return dt_util.as_utc(moment)


_SID = vol.All(cv.string, vol.Match(r"^[A-Za-z0-9-]{8,64}\Z"))
_PROJECT_SCHEMA = vol.Schema({vol.Optional(ATTR_CONFIG_ENTRY): cv.string})
_NAME = vol.All(cv.string, vol.Strip, vol.Length(min=1, max=_MAX_NAME))
_HOLD_SCHEMA = _PROJECT_SCHEMA.extend(
    {
        **cv.ENTITY_SERVICE_FIELDS,
        vol.Optional(ATTR_NAME, default=SWITCH): _NAME,
        vol.Optional(ATTR_FOR): vol.All(
            cv.time_period, vol.Range(min=timedelta(seconds=1), max=MAX_HOLD)
        ),
        vol.Optional(ATTR_PAUSE_BEHAVIOR): vol.Coerce(PauseBehavior),
    }
)
_RELEASE_SCHEMA = _PROJECT_SCHEMA.extend(
    {
        **cv.ENTITY_SERVICE_FIELDS,
        vol.Exclusive(ATTR_NAME, "holds"): _NAME,
        vol.Exclusive(ATTR_ALL_HOLDS, "holds"): vol.All(cv.boolean, vol.In([True])),
    }
)
_TARGET = tuple(map(str, cv.ENTITY_SERVICE_FIELDS))


def _not_both[DataT: Mapping[str, object]](data: DataT) -> DataT:
    if ATTR_RECORDING_SID in data and any(name in data for name in _TARGET):
        raise vol.Invalid("Give either a target or recording_sid, not both")
    return data


_UPDATE_SCHEMA = vol.All(
    _PROJECT_SCHEMA.extend(
        {
            **cv.ENTITY_SERVICE_FIELDS,
            vol.Optional(ATTR_RECORDING_SID): _SID,
            vol.Required(ATTR_STATUS): vol.All(
                vol.In(["in-progress", "paused", "stopped"]), vol.Coerce(RecordingStatus)
            ),
            vol.Optional(ATTR_PAUSE_BEHAVIOR): vol.Coerce(PauseBehavior),
        }
    ),
    cv.has_at_least_one_key(ATTR_RECORDING_SID, *_TARGET),
    _not_both,
)
_START_SCHEMA = vol.All(
    _PROJECT_SCHEMA.extend(
        {
            vol.Exclusive(ATTR_CALL_SID, "calls"): _SID,
            vol.Exclusive(ATTR_NUMBER, "calls"): vol.All(cv.string, vol.Length(min=3)),
            vol.Exclusive(ATTR_ALL_CALLS, "calls"): vol.All(cv.boolean, vol.In([True])),
            vol.Optional(ATTR_CHANNELS): vol.Coerce(RecordingChannels),
            vol.Optional(ATTR_TRACK): vol.Coerce(RecordingTrack),
            vol.Optional(ATTR_TRIM): vol.Coerce(RecordingTrim),
        }
    ),
    cv.has_at_least_one_key(ATTR_CALL_SID, ATTR_NUMBER, ATTR_ALL_CALLS),
)
_LIST_SCHEMA = _PROJECT_SCHEMA.extend(
    {
        vol.Optional(ATTR_SINCE): _moment,
        vol.Optional(ATTR_UNTIL): _moment,
        vol.Optional(ATTR_STATUS): vol.All(cv.ensure_list, [vol.Coerce(RecordingStatus)]),
        vol.Exclusive(ATTR_CALL_SID, "parent"): _SID,
        vol.Exclusive(ATTR_CONFERENCE_SID, "parent"): _SID,
        vol.Optional(ATTR_LIMIT, default=50): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=_MAX_LISTED)
        ),
    }
)
_KEEP_SCHEMA = vol.All(
    _PROJECT_SCHEMA.extend(
        {
            **cv.ENTITY_SERVICE_FIELDS,
            vol.Optional(ATTR_RECORDING_SID): _SID,
            vol.Optional(ATTR_KEEP, default=True): cv.boolean,
        }
    ),
    cv.has_at_least_one_key(ATTR_RECORDING_SID, *_TARGET),
    _not_both,
)
_SAVE_SCHEMA = _PROJECT_SCHEMA.extend(
    {
        vol.Required(ATTR_RECORDING_SID): _SID,
        vol.Optional(ATTR_FOLDER): vol.All(cv.string, vol.Length(min=1)),
        vol.Optional(ATTR_FORMAT): vol.Coerce(AudioFormat),
    }
)
_TRANSCRIPT_SCHEMA = _PROJECT_SCHEMA.extend({vol.Required(ATTR_RECORDING_SID): _SID})
_DELETE_SCHEMA = _PROJECT_SCHEMA.extend(
    {
        vol.Required(ATTR_RECORDING_SID): _SID,
        vol.Required(ATTR_CONFIRM): cv.boolean,
    }
)
_DELETE_SEVERAL_SCHEMA = vol.All(
    _PROJECT_SCHEMA.extend(
        {
            vol.Optional(ATTR_SINCE): _moment,
            vol.Optional(ATTR_UNTIL): _moment,
            vol.Optional(ATTR_OLDER_THAN): vol.All(
                cv.positive_time_period, vol.Range(max=timedelta(days=MAX_RETENTION_DAYS))
            ),
            vol.Optional(ATTR_LIMIT, default=_MAX_DELETED): vol.All(
                vol.Coerce(int), vol.Range(min=1, max=_MAX_DELETED)
            ),
            vol.Optional(ATTR_DRY_RUN, default=True): cv.boolean,
            vol.Optional(ATTR_CONFIRM, default=False): cv.boolean,
        }
    ),
    cv.has_at_least_one_key(ATTR_SINCE, ATTR_UNTIL, ATTR_OLDER_THAN),
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for name, action, schema, response in (
        (SERVICE_HOLD_RECORDINGS, _async_hold, _HOLD_SCHEMA, SupportsResponse.NONE),
        (SERVICE_RELEASE_RECORDINGS, _async_release, _RELEASE_SCHEMA, SupportsResponse.NONE),
        (SERVICE_UPDATE_RECORDING, _async_update, _UPDATE_SCHEMA, SupportsResponse.OPTIONAL),
        (SERVICE_START_RECORDING, _async_start, _START_SCHEMA, SupportsResponse.OPTIONAL),
        (SERVICE_KEEP_RECORDING, _async_keep, _KEEP_SCHEMA, SupportsResponse.NONE),
        (SERVICE_SAVE_RECORDING, _async_save, _SAVE_SCHEMA, SupportsResponse.OPTIONAL),
        (SERVICE_GET_TRANSCRIPT, _async_transcript, _TRANSCRIPT_SCHEMA, SupportsResponse.ONLY),
        (SERVICE_LIST_RECORDINGS, _async_list, _LIST_SCHEMA, SupportsResponse.ONLY),
    ):
        hass.services.async_register(DOMAIN, name, action, schema, response)
    async_register_admin_service(
        hass, DOMAIN, SERVICE_DELETE_RECORDING, _async_delete, _DELETE_SCHEMA
    )
    async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_DELETE_RECORDINGS,
        _async_delete_several,
        _DELETE_SEVERAL_SCHEMA,
        SupportsResponse.OPTIONAL,
    )


async def _async_hold(call: ServiceCall) -> None:
    duration, pause_behavior = call.data.get(ATTR_FOR), call.data.get(ATTR_PAUSE_BEHAVIOR)
    await _async_for_all(
        call,
        lambda holds, line_id: holds.async_hold(
            duration, pause_behavior, call.context, name=call.data[ATTR_NAME], line=line_id
        ),
    )


async def _async_release(call: ServiceCall) -> None:
    name = None if ATTR_ALL_HOLDS in call.data else call.data.get(ATTR_NAME, SWITCH)
    await _async_for_all(
        call, lambda holds, line_id: holds.async_release(call.context, name=name, line=line_id)
    )


async def _async_for_all(
    call: ServiceCall,
    action: Callable[[HoldController, str | None], Coroutine[None, None, None]],
) -> None:
    """Do it for each line that is targeted, or project, then raise if one was not loaded."""
    if any(name in call.data for name in _TARGET):
        scopes = targeted_scopes(call)
        entry_id = call.data.get(ATTR_CONFIG_ENTRY)
        if entry_id is not None and any(entry.entry_id != entry_id for entry, _ in scopes):
            raise validation_error("nothing_holdable")
        await async_check_scopes(call.hass, call.context, scopes, changes=True)
        await gather_all(
            action(entry.runtime_data.project.hold_controller, line_id) for entry, line_id in scopes
        )
        return
    coordinators = await _async_coordinators(call)
    await gather_all(
        action(coordinator.project.hold_controller, None) for coordinator in coordinators
    )
    missing = [
        entry.title
        for entry in _entries(call)
        if entry.state is not ConfigEntryState.LOADED and not entry.disabled_by
    ]
    if missing:
        raise operation_error("some_not_loaded", projects=", ".join(missing))


async def _async_update(call: ServiceCall) -> ServiceResponse:
    """Change one recording or several, all at once; return them as the service answered."""
    if (sid := call.data.get(ATTR_RECORDING_SID)) is not None:
        coordinator = await _async_coordinator(call)
        await coordinator.project.commands.async_find(sid)
        targets = [(coordinator, sid)]
    else:
        targets = await _async_targets(call)
    recordings = await gather_all(
        coordinator.project.commands.async_update(
            sid,
            call.data[ATTR_STATUS],
            call.data.get(ATTR_PAUSE_BEHAVIOR),
            context=call.context,
        )
        for coordinator, sid in targets
    )
    return {"recordings": [recording_response(recording) for recording in recordings]}


async def _async_targets(call: ServiceCall) -> list[tuple[SignalWireCoordinator, str]]:
    """Return the recordings that are targeted, all of the project if one is named."""
    targets = await async_targeted_recordings(call)
    entries = _entries(call)
    if any(coordinator.config_entry not in entries for coordinator, _ in targets):
        raise validation_error("nothing_active")
    return targets


async def _async_start(call: ServiceCall) -> ServiceResponse:
    """Record one call or several; return the recordings, and what could not be recorded."""
    coordinator = await _async_coordinator(call)
    options = RecordingOptions(
        channels=call.data.get(ATTR_CHANNELS),
        track=call.data.get(ATTR_TRACK),
        trim=call.data.get(ATTR_TRIM),
        callback_url=await async_webhook_address(call.hass, coordinator.config_entry),
    )
    commands, failures = coordinator.project.commands, list[JsonValueType]()
    if (sid := call.data.get(ATTR_CALL_SID)) is not None:
        sids = [sid]
    else:
        # What has begun to be recorded since the last refresh must not be recorded twice.
        await coordinator.async_refresh()
        if not coordinator.last_update_success and (failure := coordinator.last_exception):
            raise failure
        found = await commands.async_unrecorded_calls(call.data.get(ATTR_NUMBER))
        sids = found.sids
        if found.failure is not None:
            failures.append({"error": str(found.failure)})
    outcomes = await asyncio.gather(
        *(commands.async_start(sid, options) for sid in sids), return_exceptions=True
    )
    recordings: list[JsonValueType] = []
    for sid, outcome in zip(sids, outcomes, strict=True):
        if isinstance(outcome, HomeAssistantError):
            failures.append({ATTR_CALL_SID: sid, "error": str(outcome)})
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            recordings.append(recording_response(outcome))
    if failures and not recordings:
        raise next(outcome for outcome in outcomes if isinstance(outcome, HomeAssistantError))
    return {"recordings": recordings, "failures": failures}


async def _async_keep(call: ServiceCall) -> None:
    """Mark recordings to be kept, or take the marks off."""
    if (sid := call.data.get(ATTR_RECORDING_SID)) is not None:
        targets = [(await _async_coordinator(call), sid)]
    else:
        targets = await _async_targets(call)
    await gather_all(
        coordinator.project.retention.async_keep(sid, keep=call.data[ATTR_KEEP])
        for coordinator, sid in targets
    )


async def _async_save(call: ServiceCall) -> ServiceResponse:
    """Copy a recording to a folder; return its file."""
    coordinator = await _async_coordinator(call)
    try:
        return await coordinator.project.copies.async_save(
            call.data[ATTR_RECORDING_SID],
            call.data.get(ATTR_FOLDER),
            call.data.get(ATTR_FORMAT),
        )
    except OSError as err:
        raise operation_error("not_saved", error=err.strerror or str(err)) from err


async def _async_transcript(call: ServiceCall) -> ServiceResponse:
    """Return what was said in a recording, where the service has that; it is kept nowhere."""
    coordinator = await _async_coordinator(call, changes=False)
    sid = call.data[ATTR_RECORDING_SID]
    try:
        found = await coordinator.project.client.get_transcriptions(sid)
    except NotFoundError:
        raise validation_error("unknown_recording") from None
    except SignalWireError as err:
        raise service_error(call.hass, coordinator.config_entry, err) from err
    if not found:
        raise validation_error("no_transcript")
    return {
        "transcripts": [
            {
                "sid": transcription.sid,
                "status": transcription.status,
                "text": transcription.text,
                "duration": transcription.duration,
                "date_created": date.isoformat() if (date := transcription.date_created) else None,
            }
            for transcription in found
        ]
    }


async def _async_list(call: ServiceCall) -> ServiceResponse:
    """Return recordings, newest first."""
    coordinator = await _async_coordinator(call, changes=False)
    since, until = call.data.get(ATTR_SINCE), call.data.get(ATTR_UNTIL)
    statuses = call.data.get(ATTR_STATUS)
    parents = {name: call.data.get(name) for name in (ATTR_CALL_SID, ATTR_CONFERENCE_SID)}
    if since is None and not any(parents.values()):
        # The service cannot pick by status, so a long history would be read whole.
        since = (until or dt_util.utcnow()) - _LIST_SINCE
    try:
        recordings = await coordinator.project.client.list_recordings(
            limit=call.data[ATTR_LIMIT],
            statuses=None if statuses is None else frozenset(statuses),
            created_after=since,
            created_before=until,
            **parents,
        )
    except SignalWireError as err:
        raise service_error(call.hass, coordinator.config_entry, err) from err
    return {"recordings": [recording_response(recording) for recording in recordings]}


async def _async_delete(call: ServiceCall) -> None:
    if not call.data[ATTR_CONFIRM]:
        raise validation_error("not_confirmed_by_person")
    coordinator = await _async_coordinator(call)
    await coordinator.project.commands.async_delete(call.data[ATTR_RECORDING_SID], call.context)


async def _async_delete_several(call: ServiceCall) -> ServiceResponse:
    """Delete the recordings of a time, the oldest first; return them.

    A dry run returns what would go. Those that are active or marked to be kept are left alone, and
    counted. After some failures in a row the service is left alone.
    """
    is_dry = call.data[ATTR_DRY_RUN]
    if not is_dry and not call.data[ATTR_CONFIRM]:
        raise validation_error("not_confirmed_by_person")
    coordinator = await _async_coordinator(call)
    commands = coordinator.project.commands
    found = await commands.async_deletable(
        since=call.data.get(ATTR_SINCE),
        until=call.data.get(ATTR_UNTIL),
        older_than=call.data.get(ATTR_OLDER_THAN),
        limit=call.data[ATTR_LIMIT],
    )
    deleted = found.recordings
    failures: list[JsonValueType] = []
    if not is_dry:
        deleted, in_a_row = [], 0
        for recording in found.recordings:
            if in_a_row == MAX_FAILURES:
                break
            try:
                await commands.async_delete(recording.sid, call.context)
            except HomeAssistantError as err:
                failures.append({ATTR_RECORDING_SID: recording.sid, "error": str(err)})
                in_a_row += 1
            else:
                deleted.append(recording)
                in_a_row = 0
        found.further += len(found.recordings) - len(deleted) - len(failures)
    return {
        ATTR_DRY_RUN: is_dry,
        "recordings": [recording_response(recording) for recording in deleted],
        "failures": failures,
        "kept": found.kept,
        "active": found.active,
        "further": found.further,
    }


def _entries(call: ServiceCall) -> list[SignalWireConfigEntry]:
    """Return the project that the call names, or all; raises ServiceValidationError for none."""
    entries: list[SignalWireConfigEntry] = call.hass.config_entries.async_entries(DOMAIN)
    if (entry_id := call.data.get(ATTR_CONFIG_ENTRY)) is not None:
        entries = [entry for entry in entries if entry.entry_id == entry_id]
        if not entries:
            raise validation_error("unknown_project")
    return entries


async def _async_coordinators(
    call: ServiceCall, *, changes: bool = True
) -> list[SignalWireCoordinator]:
    """Return the coordinators of the loaded projects.

    Raises ServiceValidationError for none, Unauthorized for a user who may not do that.
    """
    loaded = [entry for entry in _entries(call) if entry.state is ConfigEntryState.LOADED]
    projects = [(entry, None) for entry in loaded]
    await async_check_scopes(call.hass, call.context, projects, changes=changes)
    if not loaded:
        raise validation_error("not_loaded")
    return [entry.runtime_data for entry in loaded]


async def _async_coordinator(call: ServiceCall, *, changes: bool = True) -> SignalWireCoordinator:
    """Return the one project that the call is about; raises as `_async_coordinators` does."""
    coordinators = await _async_coordinators(call, changes=changes)
    if len(coordinators) > 1:
        raise validation_error("several_projects")
    return coordinators[0]

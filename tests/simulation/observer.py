"""The observer: knows the truth over time, and checks what must always be so."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
import logging
import traceback
from typing import TYPE_CHECKING, Any

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry

from . import adapter
from .holds import ExpectedHolds, HoldCall
from .lines import LINES, Scope
from .network import Exchange
from .ownership import Ownership
from .service import Recording

if TYPE_CHECKING:
    from .world import World

_NEVER = float("-inf")
_EVERYWHERE = frozenset(line.id for line in LINES)
_PROJECT_ENTITIES = (adapter.MASTER, adapter.STOP_ALL, adapter.COUNT)
_GET_DISCARD = 20.0
# Requests that follow each other this closely, as the pages of a list do, are one look.
_SAME_REFRESH = 0.05


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that did not hold, when (monotonic seconds), and how."""

    invariant: str
    time: float
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer told of a recording, with the monotonic times of its request and arrival."""

    sent: float
    came: float
    status: str


class Observer:
    """Watches every request, every state, every write and every change of the truth.

    The first violation ends the run. Each invariant is a method whose docstring states it.
    """

    def __init__(self, world: World, ignored: frozenset[str]) -> None:
        self.world = world
        self.clock = world.clock
        self.hold = ExpectedHolds(world.clock, (line.id for line in world.lines))
        # The switches "Call recording", with the lines whose recordings each holds.
        self._switches: dict[str, frozenset[str]] = {
            adapter.MASTER: frozenset(),
            **{line.switch: frozenset((line.id,)) for line in world.lines},
        }
        self._line_states = {line.state: line.id for line in world.lines}
        self._line_stops = frozenset(line.stop for line in world.lines)
        self.owners = Ownership(self.hold)
        self.violation: Violation | None = None
        self.checks = 0
        self.ignored = ignored
        # The states of the integration's switches and count, as Home Assistant shows them.
        self.shown: dict[str, tuple[str, dict[str, Any]]] = {}
        self.calm_since = 0.0
        self.list_calm_since = 0.0
        self.loaded_since: float | None = None
        self.was_loaded = False
        self.up_since = 0.0
        # The entry is not set up, and nothing of it may be heard.
        self.is_muted = False
        self.last_alarm = _NEVER
        # When an alarm told of a recording last.
        self._alarmed: dict[str, float] = {}
        # When there was last an issue.
        self._last_issue = _NEVER
        self.last_disturbance = 0.0
        self.last_get_fault = _NEVER
        self.disk_trouble = _NEVER
        self.is_damaged = False
        self.damaged_at = _NEVER
        # How many pauses of a recording are on their way, and when the last one was sent.
        self._pauses: dict[str, int] = {}
        self._last_pause: dict[str, float] = {}
        # When a pause was sent without its owner having been stored.
        self._unstored: dict[str, float] = {}
        self._told: dict[str, Told] = {}
        # When the integration was told of a call or conference alone, which it keeps.
        self._parents_told: dict[str, float] = {}
        # When a recording on a line has changed last.
        self._line_changed: dict[str, float] = {}
        # When the last looks ended: no request that reads was under way any more.
        self._reading = 0
        self._refreshes: deque[float] = deque(maxlen=16)
        # What was told to record, when that was asked, and when the answer came.
        self._recorded: deque[tuple[str, float, float]] = deque()
        self._missing_since: dict[str, float] = {}
        world.network.on_send.append(self._on_send)
        world.network.on_finished.append(self._on_finished)
        world.network.on_delivered.append(self._on_delivered)
        world.service.listeners.append(self._on_truth)
        world.disk.on_write.append(self._on_write)

    # What it hears of.

    def watch(self, hass: HomeAssistant) -> None:
        """Follow the states and activities of a new process."""
        self.shown.clear()
        self._refreshes.clear()
        self._reading = 0
        self._recorded.clear()
        self._told.clear()
        self.up_since = self.clock.now
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._on_state)
        hass.bus.async_listen(adapter.EVENT_ACTIVITY, self._on_activity)

    def disturb(self) -> None:
        """Note that something happened that needs time to settle."""
        self.last_disturbance = self.clock.now

    def lines_changed(self) -> None:
        """Note that recordings may be on other lines now."""
        self.hold.lines_changed()
        self._line_changed = dict.fromkeys(self._line_states.values(), self.clock.now)
        self.disturb()

    def process_ended(self) -> None:
        """Note that Home Assistant, or the entry, ends now."""
        self.loaded_since = None
        self.hold.end_of_process()
        self.owners.end_of_process()
        busy_for = self.world.disk.busy_for
        for sid, sent in self._unstored.items():
            if busy_for > self.clock.now - sent:
                self.owners.holds.discard(sid)
        self._unstored.clear()
        self._parents_told.clear()
        if self.world.retention is not None:
            self.world.retention.process_ended()
        if self.disk_trouble > _NEVER:
            self.owners.forget()
            for sid, under_way in self._pauses.items():
                if under_way:
                    # That it is the hold's could not be stored.
                    self.owners.unsettle(sid)
            self.disk_trouble = _NEVER
            if not self.world.disk.holds(adapter.PROJECT_FILE):
                # It could never be written; what is missing is taken for lost.
                self.hold.forget(state=None)
        self.disturb()

    def on_failed(self, context: dict[str, Any]) -> None:
        """No exception reaches the loop's exception handler."""
        err = context.get("exception")
        lines = "".join(traceback.format_exception(err)) if err else ""
        self.report("no_exception_escapes", f"{context.get('message')}\n{lines}")

    def on_log(self, record: logging.LogRecord) -> None:
        """No error with a traceback of the integration's is logged."""
        if record.exc_info and record.exc_info[2] is not None:
            frames = traceback.extract_tb(record.exc_info[2])
            name = record.name.startswith(adapter.PACKAGE)
            hass = self.world.process.hass if self.world.process else None
            if record.exc_info[0] is asyncio.CancelledError and hass and not hass.is_running:
                # Home Assistant's own, of a set-up that its stop cuts off.
                return
            if name or any("custom_components/signalwire/" in frame.filename for frame in frames):
                text = "".join(traceback.format_exception(*record.exc_info))
                self.report("no_traceback_is_logged", f"{record.getMessage()}\n{text}")

    @callback
    def _on_state(self, event: Event[Any]) -> None:
        entity_id: str = event.data["entity_id"]
        if (
            entity_id not in (*_PROJECT_ENTITIES, adapter.ACTIVITY)
            and entity_id not in self._switches
            and entity_id not in self._line_states
            and entity_id not in self._line_stops
            and not adapter.slot_of(entity_id)
        ):
            return
        state = event.data["new_state"]
        if state is None:
            self.shown.pop(entity_id, None)
            return
        if entity_id == adapter.ACTIVITY:
            if state.attributes.get("event_type") in adapter.ALARMS:
                self._alarmed[state.attributes["recording_sid"]] = self.clock.now
            return
        before = self.shown.get(entity_id)
        self.shown[entity_id] = now = (state.state, dict(state.attributes))
        if self.world.trace.wanted and _brief(before) != _brief(now):
            self.world.trace.add("state", f"{entity_id} {_brief(now)}")
        if entity_id in self._switches:
            self.hold_survives()
            self.confirmed_is_true()

    @callback
    def _on_activity(self, event: Event[Any]) -> None:
        if self.world.trace.wanted:
            told = {name: event.data.get(name) for name in ("type", "slot", "actor", "reason")}
            self.world.trace.add("activity", " ".join(f"{k}={v}" for k, v in told.items() if v))
        if event.data.get("type") in adapter.ALARMS:
            self.last_alarm = self.clock.now

    def _on_send(self, exchange: Exchange) -> None:
        if exchange.method == "GET":
            last = self._refreshes[-1] if self._refreshes else _NEVER
            if not self._reading and self.clock.now - last < _SAME_REFRESH:
                self._refreshes.pop()
            self._reading += 1
            if exchange.fault is not None:
                self.last_get_fault = self.clock.now
        self.nothing_after_unload(f"sends {exchange}")
        status, sid = exchange.form.get("Status"), exchange.sid
        if sid is None:
            return
        if status == "in-progress":
            self.never_resumes_while_held(sid, exchange)
            self.persons_pause_is_kept(sid, exchange)
        elif status == "paused":
            if self.world.disk.busy_for > adapter.STORE_TIMEOUT - 0.01:
                # A disk that is slow is not waited for: its owner may not be stored.
                self._unstored[sid] = self.clock.now
            self._pauses[sid] = self._pauses.get(sid, 0) + 1
            self._last_pause[sid] = self.clock.now
            self.nothing_is_paused_after_release(sid, exchange)

    def _on_finished(self, exchange: Exchange) -> None:
        if exchange.sid is not None and exchange.form.get("Status") == "paused":
            self._pauses[exchange.sid] -= 1
        if exchange.method == "GET":
            self._reading -= 1
            if self._reading == 0:
                self._refreshes.append(self.clock.now)

    def _on_delivered(self, exchange: Exchange) -> None:
        answer = exchange.answer
        if answer is None or exchange.came is None:
            return
        if answer.parent is not None:
            self._parents_told.setdefault(answer.parent, exchange.came)
        if "DateCreated%3C" in exchange.path:
            # It looks for what is over, and what it shows of others does not count.
            return
        for sid, status in answer.told:
            known = self._told.get(sid)
            if known is None or exchange.sent >= known.sent:
                self._told[sid] = Told(exchange.sent, exchange.came, status)
            if status == "in-progress":
                self._recorded.append((sid, exchange.sent, exchange.came))

    def _refute(self) -> None:
        """Tell the owners what records, once the look that has shown it is over."""
        latest = self.clock.now - _SAME_REFRESH
        while self._recorded:
            sid, sent, came = self._recorded[0]
            if not any(came <= look <= latest for look in self._refreshes):
                return
            self._recorded.popleft()
            self.owners.refute(self.world.service.recordings[sid], sent)

    def _on_truth(self, recording: Recording) -> None:
        self._refute()
        executing = self.world.network.executing
        moment = recording.history[-1]
        if self.world.trace.wanted:
            self.world.trace.add("truth", f"{recording.sid} {moment.status} ({moment.cause})")
        self._line_changed.update(dict.fromkeys(recording.lines, self.clock.now))
        if moment.cause == "outside":
            self.disturb()
        process = self.world.process
        # Whoever asked for it died before the answer came.
        is_orphaned = executing is not None and (
            process is None or executing.process != process.number
        )
        self.owners.changed(recording, executing, is_orphaned=is_orphaned)

    def _on_write(self, name: str) -> None:
        if self.world.disk.is_full:
            self.disk_trouble = self.clock.now
            if self.loaded_since is None:
                # It ends, and could not write for the last time what it has told in the log.
                self.owners.forget()
        self.nothing_after_unload(f"writes {name}")

    def report(self, invariant: str, text: str) -> None:
        """Note a violation, and end the run with the first."""
        if self.violation is None and invariant not in self.ignored:
            self.violation = Violation(invariant, self.clock.now, text)
            self.world.trace.add("VIOLATED", f"{invariant}: {text}")
            self.world.stop()

    # What it knows.

    @property
    def calm_for(self) -> float:
        """Return for how many seconds nothing has been in the way of the integration."""
        if not self.world.is_calm or self.loaded_since is None:
            return 0.0
        return self.clock.now - max(self.calm_since, self.loaded_since)

    @property
    def list_calm_for(self) -> float:
        """Return for how many seconds the list of recordings could have been read."""
        if not self.world.is_list_calm or self.loaded_since is None:
            return 0.0
        return self.clock.now - max(self.list_calm_since, self.loaded_since)

    @property
    def loaded_for(self) -> float:
        """Return for how many seconds the entry has been set up."""
        return 0.0 if self.loaded_since is None else self.clock.now - self.loaded_since

    def shows_held(self) -> bool | None:
        """Return whether the master switch is off; None where it shows nothing."""
        state = self.shown.get(adapter.MASTER)
        return {"on": False, "off": True}.get(state[0]) if state else None

    def _shown_holds(self) -> dict[Scope, list[str]]:
        """Return the names that are shown to hold, of each scope that shows anything."""
        shown: dict[Scope, list[str]] = {}
        for entity_id, lines in self._switches.items():
            state, attributes = self.shown.get(entity_id, ("", {}))
            if state not in ("on", "off"):
                continue
            own = "line" if lines else "project"
            scope = next(iter(lines), None)
            shown[scope] = [each["name"] for each in attributes["holds"] if each["scope"] == own]
        return shown

    def recordings_in_slots(self) -> dict[int, tuple[str, str]]:
        """Return SID and state (`on`, `off`) of each slot that shows a recording."""
        return {
            number: (attributes["sid"], state)
            for entity_id, (state, attributes) in self.shown.items()
            if (number := adapter.slot_of(entity_id))
            and state in ("on", "off", "unknown")
            and "sid" in attributes
        }

    def _is_told(self, told: Told, recording: Recording, *, within: float) -> bool:
        """Return whether the integration must know by now that the recording is what it is.

        It was told so in answer to a request that was sent since, and the look that this was
        part of has ended, without a fault for which it may have been dropped.
        """
        latest = self.clock.now - within
        return (
            told.status == recording.status
            and told.sent > recording.since
            and any(told.came <= look <= latest for look in self._refreshes)
            and self.last_get_fault < told.sent - _GET_DISCARD
        )

    def _is_line_known(self, recording: Recording) -> bool:
        """Return whether the integration must know by now which lines a recording is on.

        It forgets that of what it was told not to exist.
        """
        told = self._parents_told.get(recording.parent.sid)
        now = self.clock.now
        return told is not None and told < now - 2 and not self.world.has_lied_lately(now)

    def issues(self) -> list[str]:
        """Return the IDs of the integration's issues."""
        hass = self.world.process.hass if self.world.process else None
        if hass is None or issue_registry.DATA_REGISTRY not in hass.data:
            return []
        return sorted(
            issue_id
            for (domain, issue_id), issue in issue_registry.async_get(hass).issues.items()
            if domain == adapter.DOMAIN
            and issue.active
            and not issue_id.startswith(adapter.LASTING_ISSUES)
        )

    def tick(self) -> None:
        """Check all that time makes due."""
        self.checks += 1
        self._refute()
        self.hold.tick(self._shown_holds(), loaded_for=self.loaded_for)
        self.set_up_heals()
        if self.issues():
            self._last_issue = self.clock.now
        if self.loaded_since is None:
            return
        if self.world.retention is not None:
            self.world.retention.tick(self.calm_for)
        for check in (
            *(self.hold_survives, self.confirmed_is_true, self.shown_is_true),
            *(self.nothing_is_unknown, self.one_slot_each, self.held_is_paused),
            *(self.released_is_resumed, self.failing_pause_is_loud, self.issues_go),
            *(self.failing_resume_is_loud, self.damage_is_told, self.line_is_true),
            self.held_pause_is_sent,
        ):
            check()

    # The invariants.

    def shown_is_true(self) -> None:
        """A slot shows what is true, unless that changed since the service was last asked.

        What an answer told of it, to a request sent after the change, is shown within 10 s.
        Without faults, no change is older than the poll interval and a request's time.
        """
        now = self.clock.now
        if self.loaded_for < 15:
            return
        for number, (sid, state) in self.recordings_in_slots().items():
            recording = self.world.service.recordings.get(sid)
            if recording is None or state == "unknown":
                continue
            truth = {"in-progress": "on", "paused": "off"}.get(recording.status, "ended")
            if state == truth:
                continue
            told = self._told.get(sid)
            text = f"slot {number} shows {sid} {state}, true is {truth} since {recording.since:.1f}"
            if told is not None and self._is_told(told, recording, within=10):
                self.report("shown_is_true", f"{text}, and was told so at {told.came:.1f}")
            unseen = min(self.calm_for - 60, now - recording.since)
            if unseen > self.world.poll_interval + adapter.REQUEST_TOTAL + 5:
                self.report("shown_is_true", f"{text}, without faults")

    def confirmed_is_true(self) -> None:
        """No `confirmed` while held if a recording records that a look could have shown.

        That is one that recorded since before an answered request about it was sent, or since
        longer than looks, requests and lists that lag can take.
        """
        for entity_id, lines in self._switches.items():
            state = self.shown.get(entity_id)
            if state is not None and state[0] == "off" and state[1].get("confirmed"):
                self._check_confirmed(entity_id, lines)

    def _check_confirmed(self, entity_id: str, lines: frozenset[str]) -> None:
        now = self.clock.now
        for sid, recording in self.world.service.active.items():
            if recording.status != "in-progress" or not lines <= recording.lines:
                continue
            told = self._told.get(sid)
            if told is not None and self._is_told(told, recording, within=2):
                self.report(
                    "confirmed_is_true",
                    f"{entity_id}: {sid} records since {recording.since:.1f}, as was told at "
                    f"{told.came:.1f}",
                )
            bound = adapter.MAX_HELD_INTERVAL + adapter.REQUEST_TOTAL + self.world.max_lag + 5
            if now - recording.since > bound:
                text = f"{entity_id}: {sid} records since {recording.since:.1f}"
                self.report("confirmed_is_true", text)

    def line_is_true(self) -> None:
        """A line shows what its recordings do, unless that changed since the service was asked.

        What an answer told of one of them is shown within 10 s; without faults everything is.
        """
        now, active = self.clock.now, self.world.service.active.values()
        for entity_id, line in self._line_states.items():
            state, attributes = self.shown.get(entity_id, ("unavailable", {}))
            if state in ("unavailable", "unknown") or self.loaded_for < 15:
                continue
            recordings = [each for each in active if line in each.lines]
            for recording in recordings:
                told = self._told.get(recording.sid)
                if (
                    recording.status == "in-progress"
                    and state in ("idle", "paused")
                    and told is not None
                    and self._is_told(told, recording, within=10)
                    and self._is_line_known(recording)
                ):
                    text = f"{entity_id} is {state}, and {recording.sid} was told to record"
                    self.report("line_is_true", text)
            settled = min(self.calm_for - adapter.SWEEP, now - self._line_changed.get(line, 0.0))
            if settled < self.world.idle_interval + adapter.REQUEST_TOTAL + 10:
                continue
            match {each.status for each in recordings}:
                case statuses if not statuses:
                    wanted = "idle"
                case statuses if len(statuses) > 1:
                    wanted = "mixed"
                case statuses:
                    wanted = "paused" if statuses == {"paused"} else "recording"
            slots = [
                number
                for number, (sid, _) in sorted(self.recordings_in_slots().items())
                if line in self.world.service.recordings[sid].lines
            ]
            if state != wanted or attributes["slots"] != slots:
                text = (
                    f"{entity_id} is {state} in {attributes['slots']}, true is {wanted} in {slots}"
                )
                self.report("line_is_true", text)

    def persons_pause_is_kept(self, sid: str, exchange: Exchange) -> None:
        """What a person paused is never resumed by the integration."""
        if sid in self.owners.persons:
            self.report("persons_pause_is_kept", str(exchange))

    def nothing_is_paused_after_release(self, sid: str, exchange: Exchange) -> None:
        """Once a release was answered, nothing is paused any more but what a person asks for.

        While a line is held, only what is on it, and what may be.
        """
        recording = self.world.service.recordings[sid]
        lines = recording.lines if self._is_line_known(recording) else _EVERYWHERE
        if self.hold.on(lines) is False and not self.owners.may_want_pause(sid):
            self.report("nothing_is_paused_after_release", str(exchange))

    def pause_asked(self, sids: list[str]) -> None:
        """Note that a person asks for a pause, to see later whether it is on its way."""
        asked, process = self.clock.now, self.world.process
        for sid in sids:
            self.world.agenda.at(
                asked + adapter.PROMPT, partial(self.pause_is_prompt, sid, asked, process)
            )

    def pause_is_prompt(self, sid: str, asked: float, process: object) -> None:
        """A pause that a person asks for is sent at once, whatever else is on its way."""
        if (
            process is self.world.process
            and self.loaded_since is not None
            and self.loaded_since < asked
            and self.owners.is_waiting_for_pause(sid)
            and self.world.service.recordings[sid].status == "in-progress"
            and not self._pauses.get(sid)
            and self._last_pause.get(sid, _NEVER) < asked
        ):
            self.report("pause_is_prompt", f"{sid} records, and nothing is sent")

    def call_cancelled(self, sids: list[str], began: float) -> None:
        """Note that whoever waited for a call was cancelled, which must change nothing."""
        now, process = self.clock.now, self.world.process
        for sid in sids:
            if self.owners.last_call.get(sid) == "pause":
                self.world.agenda.at(
                    now + adapter.CARRIED_OUT,
                    partial(self.cancelled_is_carried_out, sid, began, process),
                )

    def cancelled_is_carried_out(self, sid: str, began: float, process: object) -> None:
        """A pause is carried out, or told to have failed, whoever waits for it."""
        recording = self.world.service.recordings[sid]
        if (
            process is self.world.process
            and self.loaded_since is not None
            and self.loaded_since < began
            and self.owners.last_call.get(sid) == "pause"
            and recording.status == "in-progress"
            and recording.since < began
            and self._alarmed.get(sid, _NEVER) < began
            and not self.world.has_lied_lately(began)
        ):
            self.report("cancelled_is_carried_out", f"{sid} records since {recording.since:.1f}")

    def never_resumes_while_held(self, sid: str, exchange: Exchange) -> None:
        """While a recording is held, no `in-progress` is sent to it."""
        if self.hold.on(self.world.service.recordings[sid].lines) is True:
            self.report("never_resumes_while_held", str(exchange))

    def nothing_is_unknown(self) -> None:
        """Without faults every active recording is in a slot, or counted, and can be seen."""
        if self.calm_for > max(adapter.AVAILABLE, self.world.poll_interval + 30):
            count = self.shown.get(adapter.COUNT, ("unavailable", {}))[0]
            if count in ("unavailable", "unknown"):
                self.report("nothing_is_unknown", f"the count is {count}")
        if self.calm_for < adapter.SWEEP:
            return
        now, seen = self.clock.now, self.recordings_in_slots()
        bound = self.world.idle_interval + adapter.REQUEST_TOTAL + 10
        old = {
            sid
            for sid, recording in self.world.service.active.items()
            if now - recording.history[0].time > bound
        }
        count = self.shown[adapter.COUNT][0]
        missing = old - {sid for sid, _ in seen.values()}
        # That one ended is seen with a look; its slot rests for the next, and is given out after.
        rest = 3 * max(self.world.poll_interval, self.world.held_interval) + 5
        if max(len(self.world.service.active), float(count)) > self.world.slots:
            self._missing_since = {}
        else:
            since = self._missing_since
            self._missing_since = {sid: since.get(sid, now) for sid in sorted(missing)}
        if float(count) < len(old) or any(
            now - since > rest for since in self._missing_since.values()
        ):
            text = ", ".join(sorted(missing))
            self.report("nothing_is_unknown", f"{text} of {len(old)}, count {count}")

    def one_slot_each(self) -> None:
        """No recording sits in two slots."""
        sids = [sid for sid, _ in self.recordings_in_slots().values()]
        if len(set(sids)) < len(sids):
            self.report("one_slot_each", ", ".join(sorted(sids)))

    def hold_survives(self) -> None:
        """What a hold or a release was answered with stays so, over reload, crash and restart."""
        if self.loaded_for < 1:
            return
        for entity_id, lines in self._switches.items():
            shown = {"on": False, "off": True}.get(self.shown.get(entity_id, ("", {}))[0])
            expected, since = self.hold.on(lines), self.hold.since(lines)
            if None in (shown, expected) or shown is expected or self.clock.now - since <= 1:
                continue
            was = "held" if expected else "released"
            self.report("hold_survives", f"{entity_id} was {was} at {since:.1f}")

    def nothing_after_unload(self, what: str) -> None:
        """After unload or removal nothing is sent and nothing is written."""
        if self.is_muted:
            self.report("nothing_after_unload", what)

    def held_is_paused(self) -> None:
        """Without faults, what is held is paused soon, and shown as confirmed.

        It is paused soon also while other addresses than the list of recordings fail.
        """
        now = self.clock.now
        newest = _NEVER
        for sid, recording in self.world.service.active.items():
            newest = max(newest, recording.history[0].time)
            if (
                recording.status == "in-progress"
                and now - recording.since > adapter.SETTLE
                and self.hold.on(recording.lines) is True
                and min(self.list_calm_for, now - self.hold.since(recording.lines))
                >= adapter.SETTLE
            ):
                self.report("held_is_paused", f"{sid} records since {recording.since:.1f}")
        if now - max(newest, self.last_disturbance) <= adapter.SETTLE:
            return
        for entity_id, lines in self._switches.items():
            if (
                self.hold.on(lines) is True
                and min(self.calm_for, now - self.hold.since(lines)) >= adapter.SETTLE
                and not self.shown[entity_id][1].get("confirmed")
            ):
                text = f"{entity_id} is not confirmed: {self.shown[entity_id][1]}"
                self.report("held_is_paused", text)

    def held_pause_is_sent(self) -> None:
        """What the integration was told to record is paused at once while it is held, or tried.

        Another try comes within 15 s.
        """
        for sid, recording in self.world.service.active.items():
            told = self._told.get(sid)
            if (
                recording.status == "in-progress"
                and told is not None
                and self._last_pause.get(sid, _NEVER) < recording.since
                and min(self.loaded_for, self.clock.now - self.hold.since(recording.lines)) > 20
                and self.hold.on(recording.lines) is True
                and self._is_told(told, recording, within=20)
            ):
                self.report("held_pause_is_sent", f"{sid} records since {recording.since:.1f}")

    def released_is_resumed(self) -> None:
        """Without faults, what only a hold paused and none needs paused records again."""
        now = self.clock.now
        settled = min(self.calm_for, now - self.last_disturbance)
        if settled < adapter.SETTLE:
            return
        for sid in sorted(self.owners.holds | self.owners.wanted_on):
            recording = self.world.service.recordings[sid]
            # What could not be told at first is asked for again when everything is read.
            bound = adapter.SWEEP if recording.parent.was_unreadable else adapter.SETTLE
            if (
                recording.status == "paused"
                and self.hold.on(recording.lines) is False
                and min(settled, now - self.hold.since(recording.lines), now - recording.since)
                >= bound
            ):
                self.report("released_is_resumed", f"{sid} is paused since {recording.since:.1f}")

    def failing_pause_is_loud(self) -> None:
        """A recording that records though it has long been held has raised an alarm."""
        now, loaded_since = self.clock.now, self.loaded_since
        if loaded_since is None:
            return
        for sid, recording in self.world.service.active.items():
            if recording.status != "in-progress" or self.hold.on(recording.lines) is not True:
                continue
            start = max(recording.since, self.hold.since(recording.lines), loaded_since)
            bound = adapter.ALARM + self.world.poll_interval
            if now - start > bound and self.last_alarm < start - 5 and self._last_issue < start:
                self.report("failing_pause_is_loud", f"{sid} records since {recording.since:.1f}")

    def failing_resume_is_loud(self) -> None:
        """What only a hold paused, and still is paused long after, has raised an alarm.

        As long as it is not known on which line it is, it may be held.
        """
        now, loaded_since = self.clock.now, self.loaded_since
        if loaded_since is None or self.hold.expected is not False:
            return
        for sid in sorted(self.owners.holds):
            recording = self.world.service.recordings[sid]
            start = max(recording.since, self.hold.since(_EVERYWHERE), loaded_since)
            bound = adapter.ALARM + self.world.poll_interval
            if now - start > bound and self.last_alarm < start - 5 and self._last_issue < start:
                text = f"{sid} is paused since {recording.since:.1f}"
                self.report("failing_resume_is_loud", text)

    def damage_is_told(self) -> None:
        """After damage to what was stored, an issue says so, until somebody releases."""
        of_project: frozenset[str] = frozenset()
        if self.hold.on(of_project) is not True or self.hold.since(of_project) > self.damaged_at:
            self.is_damaged = False
        elif self.is_damaged and self.loaded_for > 10 and not self.issues():
            self.report("damage_is_told", "there is no issue")

    def issues_go(self) -> None:
        """Issues are gone some time after all is well."""
        if self.is_damaged:
            return
        settled = min(self.calm_for, self.clock.now - self.last_disturbance)
        if settled > adapter.ISSUES_GONE and self.hold.expected is not None:
            newest = max((r.since for r in self.world.service.active.values()), default=_NEVER)
            issues = self.issues()
            if self.hold.expected:
                issues = [each for each in issues if not each.startswith(adapter.UNTIL_RELEASED)]
            if self.clock.now - newest > adapter.SETTLE and issues:
                self.report("issues_go", ", ".join(issues))

    def set_up_heals(self) -> None:
        """An entry that was set up once is set up again, whatever it finds."""
        world = self.world
        if world.entry_wanted and self.loaded_since is None and self.was_loaded:
            calm = self.clock.now - max(self.calm_since, self.up_since, self.last_disturbance)
            if world.is_calm and calm > 300:
                self.report("set_up_heals", "the entry is not set up")

    def call_ended(self, kind: str, sids: list[str], began: float) -> None:
        """A call that succeeds has done what it says.

        It may have joined a request that had been sent before.
        """
        recordings = self.world.service.recordings
        wanted = {"pause": "paused", "resume": "in-progress"}.get(kind)
        for sid in sids:
            if self.owners.last_call.get(sid) != kind:
                # The last call counts, and all get the answer to that.
                continue
            if kind == "resume" and self.hold.expected is not False:
                continue
            history = recordings[sid].history
            if wanted is None:
                done = not recordings[sid].is_active
            else:
                told = self._told.get(sid)
                joined = told is not None and told.status == wanted and told.came >= began
                since = min(began, told.sent) if told is not None and joined else began
                first = recordings[sid].version_at(since)
                done = any(moment.status == wanted for moment in history[max(0, first) :])
            if not done:
                self.report("success_is_true", f"{kind} of {sid}, which is {history[-1].status}")

    def call_failed(
        self,
        sids: list[str],
        translation_key: str | None,
        began: float,
        released: list[HoldCall],
    ) -> None:
        """A call that fails says what is true: what has ended is not active any more.

        What one call switches on together with the hold's own switch is not refused as held.
        """
        if (
            translation_key == adapter.HELD
            and released
            and not released[0].overlapped
            and self.hold.is_switch_alone
        ):
            self.report("together_is_done", f"{', '.join(sids)} was refused")
        if translation_key == adapter.ENDED and not self.world.has_lied_lately(began):
            recordings = self.world.service.recordings
            if sids and all(recordings[sid].is_active for sid in sids):
                self.report("failure_is_true", f"{', '.join(sids)} has not ended")

    def stop_all_ended(self, began: float, lines: frozenset[str]) -> None:
        """After a stop of all, or of lines, nothing of that is active that was before.

        That is, if it could be read.
        """
        service = self.world.service
        if service.lag or not service.unreadable.isdisjoint(service.recordings):
            return
        left = sorted(
            sid
            for sid, recording in service.active.items()
            if recording.history[0].time < began - 15 and lines <= recording.lines
        )
        if left:
            self.report("success_is_true", f"stop all left {', '.join(left)}")

    def unloaded(self, leftovers: Callable[[], list[str]]) -> None:
        """No task, timer or listener is left after unload."""
        if left := [each for each in leftovers() if each != "listener for component_loaded"]:
            self.report("nothing_is_left", ", ".join(left))


def _brief(state: tuple[str, dict[str, Any]] | None) -> str:
    if state is None:
        return ""
    shown = {
        name: state[1][name]
        for name in ("sid", "status", "confirmed", "unconfirmed")
        if name in state[1]
    }
    return " ".join([state[0], *(f"{name}={value}" for name, value in shown.items())])

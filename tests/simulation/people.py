"""What people and automations do: they call actions of Home Assistant, and may lose patience."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from random import Random
import traceback
from typing import TYPE_CHECKING, Any

from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError
import voluptuous as vol

from . import adapter
from .holds import NAMES, SWITCH, HoldCall
from .lines import Line, Scope
from .plan import LATE_HOLD, Step
from .retention import ACTS, DAY, DAYS, chosen

if TYPE_CHECKING:
    from .process import Process
    from .world import World


class People:
    """Carries out the steps of people in the process that runs, and tells the observer."""

    def __init__(self, world: World) -> None:
        self._world = world

    def act(self, process: Process, step: Step) -> None:
        """Begin what a step says."""
        rng = step.rng()
        work = self._work(process, step, rng)
        if work is None:
            self._world.trace.add("people", f"{step}: there is nothing to do it to")
            return
        task = process.spawn(work)
        if (after := step.values.get("cancel_after")) is not None:
            assert isinstance(after, float)

            def cancel() -> None:
                if not task.done() and not process.loop.is_dead:
                    self._world.trace.add("people", f"[{step.number}] is cancelled")
                    task.cancel()

            self._world.agenda.after(after, cancel)

    def _work(  # noqa: PLR0911 (one for each kind)
        self, process: Process, step: Step, rng: Random
    ) -> Coroutine[Any, Any, None] | None:
        seated = sorted(
            (number, sid)
            for number, (sid, state) in self._world.observer.recordings_in_slots().items()
            if state != "unknown"
        )
        data: dict[str, Any]
        match step.kind:
            case "master_off" | "master_on":
                line = self._line(step)
                data = {"entity_id": line.switch if line else adapter.MASTER}
                if step.kind == "master_off":
                    return self._hold(process, step, None, "switch", "turn_off", data)
                return self._release(process, step, "switch", "turn_on", data)
            case "hold":
                data = self._name(rng) | self._target(step)
                return self._hold(process, step, None, adapter.DOMAIN, "hold_recordings", data)
            case "hold_for":
                seconds = step.values["seconds"]
                assert isinstance(seconds, float)
                data = {"for": timedelta(seconds=seconds), **self._name(rng), **self._target(step)}
                return self._hold(process, step, seconds, adapter.DOMAIN, "hold_recordings", data)
            case "release":
                data = self._name(rng)
                if data and rng.random() < 0.2:
                    data = {"all_holds": True}
                data |= self._target(step)
                return self._release(process, step, adapter.DOMAIN, "release_recordings", data)
            case "stop_all":
                return self._stop_all(process, step)
            case kind if kind in ACTS:
                return self._retain(process, step, rng)
            case kind if kind == LATE_HOLD:
                return self._late_hold(process, step, rng) if process.is_loaded else None
            case _ if not seated:
                return None
            case "area_off" | "area_on":
                return self._area(process, step, rng, seated)
            case _:
                number, sid = rng.choice(seated)
                return self._one(process, step, rng, number, sid)

    def _retain(
        self, process: Process, step: Step, rng: Random
    ) -> Coroutine[Any, Any, None] | None:
        """Return what marks or deletes a recording, or several."""
        service, retention = self._world.service, self._world.retention
        assert retention is not None
        if not process.is_loaded:
            return None
        if step.kind == "delete_several":
            return self._delete(process, step, [recording.sid for recording in service.over()])
        among = service.over()
        if step.kind == "keep" and rng.random() < 0.2:
            among = list(service.active.values())
        if (recording := chosen(among, rng)) is None:
            return None
        if step.kind == "delete":
            return self._delete(process, step, [recording.sid])
        return self._mark(process, step, recording.sid, keep=step.kind == "keep")

    async def _mark(self, process: Process, step: Step, sid: str, *, keep: bool) -> None:
        retention = self._world.retention
        assert retention is not None
        retention.marking(sid, keep=keep)
        data = {"recording_sid": sid, "keep": keep}
        succeeded = await self._call(process, step, adapter.DOMAIN, "keep_recording", data)
        retention.marked(sid, keep=keep, succeeded=succeeded)

    async def _delete(self, process: Process, step: Step, sids: list[str]) -> None:
        """Delete one recording by its SID, or those that are over for some days."""
        retention = self._world.retention
        assert retention is not None
        data: dict[str, Any] = {"confirm": True}
        if step.kind == "delete":
            service, data["recording_sid"] = "delete_recording", sids[0]
        else:
            service, data["dry_run"] = "delete_recordings", False
            data["older_than"] = timedelta(seconds=(DAYS - 1) * DAY)
        retention.by_hand[step.number] = sids
        await self._call(process, step, adapter.DOMAIN, service, data)
        retention.by_hand.pop(step.number, None)

    def _name(self, rng: Random) -> dict[str, Any]:
        """Return whose hold it is; of who gives no name, it is the switch's."""
        if "names" not in self._world.plan.profile:
            return {}
        return {"name": rng.choice(NAMES)}

    def _line(self, step: Step) -> Line | None:
        """Return the line that is meant, None for the whole project."""
        lines = self._world.lines
        return Random(f"line {step.seed}").choice((None, *lines)) if lines else None

    def _target(self, step: Step) -> dict[str, Any]:
        line = self._line(step)
        return {} if line is None else {"entity_id": line.switch}

    async def _hold(
        self,
        process: Process,
        step: Step,
        duration: float | None,
        domain: str,
        service: str,
        data: dict[str, Any],
    ) -> None:
        expected = self._world.observer.hold
        reaches = self._reaches(process, domain)
        name, scope = data.get("name", SWITCH), self._scope(data)
        call = expected.begin(holds=True, duration=duration, name=name, scope=scope)
        succeeded = await self._call(process, step, domain, service, data)
        if reaches:
            expected.end(call, duration=duration, succeeded=succeeded)
        else:
            expected.drop(call)

    async def _release(
        self, process: Process, step: Step, domain: str, service: str, data: dict[str, Any]
    ) -> None:
        expected = self._world.observer.hold
        reaches = self._reaches(process, domain)
        name = None if "all_holds" in data else data.get("name", SWITCH)
        call = expected.begin(holds=False, name=name, scope=self._scope(data))
        succeeded = await self._call(process, step, domain, service, data)
        if reaches:
            expected.end(call, succeeded=succeeded)
        else:
            expected.drop(call)

    async def _late_hold(self, process: Process, step: Step, rng: Random) -> None:
        """Hold as who found the project before the entry ended, and had to wait meanwhile."""
        wait, name = step.values["wait"], self._name(rng).get("name", SWITCH)
        assert process.entry is not None
        assert isinstance(wait, float)
        world, holds = self._world, adapter.holds_of(process.entry)
        await asyncio.sleep(wait)
        world.observer.disturb()
        world.trace.add("people", f"{step} as {name}")
        call, outcome = world.observer.hold.begin(holds=True, name=name), "done"
        try:
            await holds.async_hold(name=name)
        except HomeAssistantError as err:
            outcome = f"error: {err!r}"
            if err.translation_key == adapter.NOT_LOADED:
                world.observer.hold.drop(call)
        world.observer.hold.end(call, succeeded=outcome == "done")
        world.observer.disturb()
        world.trace.add("people", f"[{step.number}] {outcome}")

    def _scope(self, data: dict[str, Any]) -> Scope:
        """Return which scope an action means."""
        entity_id = data.get("entity_id")
        return next((line.id for line in self._world.lines if line.switch == entity_id), None)

    def _reaches(self, process: Process, domain: str) -> bool:
        """Return whether there is something that an action acts on.

        Home Assistant passes over an entity that is unavailable, and says that all is done.
        """
        if domain == "switch":
            return self._world.observer.shows_held() is not None
        return process.is_loaded

    async def _one(self, process: Process, step: Step, rng: Random, number: int, sid: str) -> None:
        owners, observer = self._world.observer.owners, self._world.observer
        entity = {"entity_id": adapter.slot_switch(number)}
        domain, data, kind = "switch", entity, "pause"
        match step.kind:
            case "slot_off":
                service = "turn_off"
            case "slot_on":
                service, kind = "turn_on", "resume"
            case "slot_stop":
                domain, service, kind = "button", "press", "stop"
                data = {"entity_id": f"button.recording_{number}_stop"}
            case _:
                kind = rng.choice(["pause", "pause", "resume"])
                status = "paused" if kind == "pause" else "in-progress"
                domain, service = adapter.DOMAIN, "update_recording"
                target = {"recording_sid": sid} if rng.random() < 0.5 else entity
                data = {**target, "status": status}
        began = self._world.clock.now
        owners.begin_call(kind, [sid])
        if kind == "pause":
            observer.pause_asked([sid])
        if await self._call(process, step, domain, service, data, sids=[sid]):
            if kind == "pause":
                owners.pause_succeeded(self._world.service.recordings[sid])
            observer.call_ended(kind, [sid], began)

    async def _area(
        self, process: Process, step: Step, rng: Random, seated: list[tuple[int, str]]
    ) -> None:
        observer = self._world.observer
        turn_on = step.kind == "area_on"
        chosen = rng.sample(seated, rng.randint(1, len(seated)))
        sids = [sid for _, sid in chosen]
        entities = [adapter.slot_switch(number) for number, _ in chosen]
        with_master = rng.random() < 0.7 and self._reaches(process, "switch")
        if with_master:
            entities.insert(rng.randint(0, len(entities)), adapter.MASTER)
        kind, began = ("resume" if turn_on else "pause"), self._world.clock.now
        observer.owners.begin_call(kind, sids)
        if kind == "pause":
            observer.pause_asked(sids)
        hold = observer.hold.begin(holds=not turn_on) if with_master else []
        succeeded = await self._call(
            process,
            step,
            "switch",
            f"turn_{'on' if turn_on else 'off'}",
            {"entity_id": entities},
            sids=sids,
            released=hold if turn_on else [],
        )
        if hold:
            observer.hold.end(hold, succeeded=succeeded)
            if succeeded and turn_on and observer.hold.expected is False:
                recordings = self._world.service.recordings
                observer.owners.wanted_on |= {
                    sid
                    for sid in sids
                    if observer.owners.last_call.get(sid) == "resume"
                    # Nor has something outside paused it before all of the call was done.
                    and not (recordings[sid].status == "paused" and recordings[sid].since >= began)
                }
        if succeeded:
            for sid in sids:
                if kind == "pause":
                    observer.owners.pause_succeeded(self._world.service.recordings[sid])
            observer.call_ended(kind, sids, began)

    async def _stop_all(self, process: Process, step: Step) -> None:
        observer, line, began = self._world.observer, self._line(step), self._world.clock.now
        button = line.stop if line else adapter.STOP_ALL
        # Home Assistant passes over an entity that is unavailable, and says that all is done.
        is_there = observer.shown.get(button, ("unavailable", {}))[0] != "unavailable"
        succeeded = await self._call(process, step, "button", "press", {"entity_id": button})
        if succeeded and is_there:
            observer.stop_all_ended(began, frozenset((line.id,)) if line else frozenset())

    async def _call(
        self,
        process: Process,
        step: Step,
        domain: str,
        service: str,
        data: dict[str, Any],
        *,
        sids: list[str] | None = None,
        released: list[HoldCall] | None = None,
    ) -> bool:
        """Call an action, which may end the hold too; return whether it succeeded."""
        world, hass = self._world, process.hass
        assert hass is not None
        world.observer.disturb()
        world.acts += 1
        if world.trace.wanted:
            told = (
                ",".join(map(str, data.get("entity_id", ())))
                if isinstance(data.get("entity_id"), list)
                else data
            )
            world.trace.add("people", f"{step} {domain}.{service} {told} {sids or ''}".rstrip())
        outcome, began = "done", world.clock.now
        # While devices are being set up, a button may come later than the switch beside it.
        button = hass.states.get(str(data["entity_id"])) if domain == "button" else None
        is_passed_over = domain == "button" and (button is None or button.state == "unavailable")
        try:
            await hass.services.async_call(
                domain, service, data, blocking=True, context=Context(user_id=None)
            )
        except asyncio.CancelledError:
            if process.loop.is_dead:
                raise
            outcome = "cancelled"
            world.observer.call_cancelled(sids or [], began)
        except (HomeAssistantError, vol.Invalid) as err:
            outcome = f"error: {err!r}"
            key = getattr(err, "translation_key", None)
            world.observer.call_failed(sids or [], key, began, released or [])
        except Exception as err:  # noqa: BLE001 (whatever it is, it is what is looked for)
            outcome = "unexpected"
            world.observer.report("errors_are_spoken", "".join(traceback.format_exception(err)))
        finally:
            world.observer.disturb()
            world.observer.owners.end_call(sids or [], world.clock.now)
        world.trace.add("people", f"[{step.number}] {outcome}")
        # Home Assistant passes over such entities, and over all while it stops, and says: done.
        is_passed_over = is_passed_over or (hass.is_stopping and domain != adapter.DOMAIN)
        return outcome == "done" and not is_passed_over

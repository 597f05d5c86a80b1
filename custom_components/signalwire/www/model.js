// What the states of a project mean, as plain data. What can be paused is a target: `key`,
// `switchId`, `name`, `off` (paused), `locked` (cannot be resumed now); a recording has a `sid`.

import { silentSince, stateOf, valueOf } from "./entities.js";
import { forget, keep, last, since, sorted } from "./memory.js";

// A pause takes a moment; until then it is not worth an alarm.
const GRACE = 3000;

function readHold(hass, { id, name, ids }, now) {
  const switchId = ids["switch.call_recording"];
  const state = stateOf(hass, switchId);
  const off = state?.state === "off";
  const { confirmed, unconfirmed, holds = [] } = state?.attributes ?? {};
  const seen = Math.min(now, Date.parse(state?.last_updated));
  const doubted = since(switchId, off && confirmed === false, seen);
  const ends = holds.map(({ until }) => (until ? Date.parse(until) : Infinity));
  const until = Math.max(...ends);
  return {
    ...{ key: switchId, switchId, id, name, off, holds, unconfirmed, isMissing: !state },
    // The hold that ends last, if all end by themselves.
    ...(off && Number.isFinite(until) && { until, lasting: holds[ends.indexOf(until)] }),
    isPausing: !!doubted,
    isAlarming: now - doubted > GRACE,
  };
}

/** Return the recording of a slot; as it was seen last, where it cannot be seen now. */
function readRow(hass, { id, name, number, ids }, silent, now) {
  const state = stateOf(hass, ids["switch.recording"]);
  const { sid } = state?.attributes ?? {};
  if (!sid) {
    const status = hass.states[ids["sensor.state"]]?.state;
    // Unavailable tells nothing: neither that it goes on, nor that it has ended.
    if (status ? status === "idle" : !silent) forget(id);
    return last(id) && { ...last(id), isStale: true };
  }
  return keep(id, {
    ...{ key: sid, sid, name, number, seen: now },
    switchId: state.entity_id,
    state: state.state,
    off: state.state === "off",
    status: stateOf(hass, ids["sensor.state"]),
    parties: ["from", "to"].map((end) => valueOf(hass, ids[`sensor.${end}`])).filter(Boolean),
    started: valueOf(hass, ids["sensor.started"]),
    changed: Date.parse(state.last_changed),
  });
}

/** Return how many recordings go on, are paused, and may be either. */
function counted(rows, active = rows.length, paused = rows.filter(({ off }) => off).length) {
  const doubtful = rows.filter(({ state }) => state === "unknown").length;
  return { active, paused, doubtful, recording: Math.max(active - paused - doubtful, 0) };
}

/**
 * Return what is known at a time, in milliseconds: the `hold`, the `groups` of rows by line, the
 * counts, and since when the service is `silent`; with a line's device ID, only of that line.
 */
export function readModel(hass, project, lineId, now) {
  const silent = silentSince(hass, project);
  const hold = readHold(hass, project, now);
  const found = project.slots.map((slot) => readRow(hass, slot, silent, now));
  const rows = sorted(found.filter(Boolean));
  const lines = project.lines.map((line) => {
    const { slots } = stateOf(hass, line.ids["sensor.line_state"])?.attributes ?? {};
    const numbers = (slots ? keep(line.id, slots) : last(line.id)) ?? [];
    const there = rows.filter(({ number }) => numbers.includes(number));
    // Only what holds the line alone can be released on the line.
    const own = { ...readHold(hass, line, now), locked: hold.off };
    return { line: { ...own, ...counted(there) }, rows: there };
  });
  for (const row of rows) {
    row.locked = hold.off || lines.some(({ line, rows: there }) => line.off && there.includes(row));
  }
  const { entry, name, ids } = project;
  const leaves = stateOf(hass, ids["select.pause_behavior"]);
  const model = { entry, name, silent, hold, leaves: leaves && { ...leaves, key: leaves.entity_id } };
  const only = lines.find(({ line }) => line.id === lineId);
  if (only) return { ...model, ...only.line, hold: only.line, groups: [{ rows: only.rows }] };
  const counts = ["active", "paused"].map((what) => valueOf(hass, ids[`sensor.${what}_recordings`]));
  const all = counted(rows, ...counts.map((count) => count && Number(count)));
  const others = rows.filter((row) => !lines.some(({ rows: there }) => there.includes(row)));
  return { ...model, ...all, groups: [...lines, { rows: others }], more: all.active - rows.length };
}

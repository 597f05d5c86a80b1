// Projects, slots and entities, as Home Assistant's registries relate them.

/**
 * Return the projects: `{id, name, ids, slots: [{id, name, ids}]}`. `ids` maps what an entity is
 * for, such as `switch.call_recording`, to its ID.
 */
export function findProjects(hass) {
  const found = {};
  const at = (id) => {
    const { name, name_by_user, via_device_id: parent } = hass.devices[id] ?? {};
    return (found[id] ??= { id, name: name_by_user ?? name ?? id, parent, ids: {}, slots: [] });
  };
  for (const { platform, device_id, entity_id, translation_key } of Object.values(hass.entities)) {
    if (platform !== "signalwire" || !device_id) continue;
    at(device_id).ids[`${entity_id.split(".")[0]}.${translation_key}`] = entity_id;
  }
  for (const slot of Object.values(found)) if (slot.parent) at(slot.parent).slots.push(slot);
  return Object.values(found)
    .filter(({ parent }) => !parent)
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Return an entity's state object, unless it is missing or unavailable. */
export function stateOf(hass, id) {
  const state = hass.states[id];
  return state?.state === "unavailable" ? undefined : state;
}

/** Return an entity's state, if it is known. */
export function valueOf(hass, id) {
  const value = stateOf(hass, id)?.state;
  return value === "unknown" ? undefined : value;
}

/** Return whether the service answers, as far as the sensors that it feeds tell. */
export function isAnswering(hass, { ids, slots }) {
  const fed = [ids, ...slots.map((slot) => slot.ids)]
    .flatMap((of) => [of["sensor.active_recordings"], of["sensor.state"]])
    .filter((id) => hass.states[id]);
  return !fed.length || fed.some((id) => stateOf(hass, id));
}

/** Return the slots with a recording, the oldest first, so that a new one moves none. */
export function activeSlots(hass, { slots }) {
  const since = ({ ids, name }) => (valueOf(hass, ids["sensor.started"]) ?? "~") + name;
  return slots
    .filter(({ ids }) => stateOf(hass, ids["switch.recording"]))
    .sort((a, b) => since(a).localeCompare(since(b)));
}

/** Return who is recorded: both ends of a call, a conference, or else the slot's name. */
export function partiesOf(hass, { ids, name }) {
  const parties = ["sensor.from", "sensor.to"].map((role) => valueOf(hass, ids[role]));
  return parties.some(Boolean) ? parties.filter(Boolean) : [name];
}

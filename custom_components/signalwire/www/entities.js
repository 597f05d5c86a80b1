// Projects, lines, slots and their entities, as Home Assistant's registries relate them.

/**
 * Return the projects by name: `{id, name, entry, ids, lines, slots}`, where a line is `{id, name,
 * ids}` and a slot has a `number`, too. `ids` maps what an entity is for, such as
 * `switch.call_recording`, to its ID.
 */
export function findProjects(hass) {
  const found = {};
  const at = (id) => {
    const device = hass.devices[id] ?? {};
    const { name, name_by_user, via_device_id: parent, primary_config_entry: entry } = device;
    const number = Number(device.identifiers?.[0]?.[1].split("_").at(-1));
    return (found[id] ??= { id, name: name_by_user ?? name ?? id, parent, entry, number, ids: {}, lines: [], slots: [] });
  };
  for (const { platform, device_id, entity_id, translation_key } of Object.values(hass.entities)) {
    if (platform !== "signalwire" || !device_id) continue;
    at(device_id).ids[`${entity_id.split(".")[0]}.${translation_key}`] = entity_id;
  }
  const byName = (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true });
  const all = Object.values(found).sort(byName);
  for (const child of all) {
    if (!child.parent) continue;
    const { lines, slots } = at(child.parent);
    (child.ids["switch.call_recording"] ? lines : slots).push(child);
  }
  return all.filter(({ parent }) => !parent);
}

/** Return the IDs of all entities that a card of the project can show. */
export function entitiesOf({ ids, lines, slots }) {
  return [ids, ...[...lines, ...slots].map((child) => child.ids)].flatMap(Object.values);
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

/** Return the entity whose state tells whether the service answers. */
const fedBy = ({ ids, slots }) =>
  [ids["sensor.active_recordings"], ...slots.map((slot) => slot.ids["sensor.state"])].find(Boolean);

/** Return since when the service has not answered, in milliseconds; undefined if it does. */
export function silentSince(hass, project) {
  const state = hass.states[fedBy(project)];
  return state?.state === "unavailable" ? Date.parse(state.last_changed) : undefined;
}

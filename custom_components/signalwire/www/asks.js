// Calls the actions of Home Assistant, and remembers what is under way and what failed.

import { text } from "./texts.js";

const MORE = 5 * 60 * 1000;

/** Return the action that does something to a target. */
function actionOf(verb, { sid, switchId, entity_id, until, lasting }, entry, option) {
  const status = { pause: "paused", resume: "in-progress", stop: "stopped" }[verb];
  // By its SID, so that it cannot hit another recording that has come into the slot.
  if (sid) return ["signalwire", "update_recording", { recording_sid: sid, status, config_entry_id: entry }];
  if (verb === "leaves") return ["select", "select_option", { option }, { entity_id }];
  if (verb !== "extend") return ["switch", verb === "pause" ? "turn_off" : "turn_on", {}, { entity_id: switchId }];
  const seconds = Math.ceil((until - Date.now() + MORE) / 1000);
  const hold = { name: lasting.name, for: { seconds } };
  return lasting.scope === "line"
    ? ["signalwire", "hold_recordings", hold, { entity_id: switchId }]
    : ["signalwire", "hold_recordings", { ...hold, config_entry_id: entry }];
}

/** Return why something failed, in the person's language. */
async function reasonOf(hass, { translation_domain: domain, translation_key: key, ...error }) {
  if (!hass.connected) return text(hass, "offline");
  const localize = key && (await hass.loadBackendTranslation("exceptions", domain));
  const path = `component.${domain}.exceptions.${key}.message`;
  return localize?.(path, error.translation_placeholders) || error.message;
}

export class Asks {
  _asked = new Map();
  failures = new Map();
  hints = new Map();

  /** Return what is being asked of a target. */
  verb = (key) => this._asked.get(key)?.verb;

  /** Ask for something; return "success" or "failure", or undefined if a newer request replaced it. */
  async ask(hass, verb, target, entry, option) {
    const { key } = target;
    const ask = { verb };
    this._asked.set(key, ask);
    this.failures.delete(key);
    let reason = target.isMissing && text(hass, "not_loaded");
    if (!reason) {
      const [domain, action, data, where] = actionOf(verb, target, entry, option);
      // Shown where it belongs, and so not as a message of Home Assistant's.
      const call = hass.callService(domain, action, data, where, false);
      await call.catch(async (error) => (reason = await reasonOf(hass, error)));
    }
    if (this._asked.get(key) !== ask) return undefined;
    this._asked.delete(key);
    if (reason) this.failures.set(key, { verb, option, reason, target });
    return reason ? "failure" : "success";
  }

  /** Forget the failures that are resolved; `targets` maps keys to what is there now. */
  settle(targets) {
    for (const [key, { verb, target }] of this.failures) {
      const now = targets.get(key);
      const [off, same] = [now?.off, now?.until === target.until && now?.state === target.state];
      const isDone = { pause: off && now.state !== "unknown", resume: !off, stop: false }[verb] ?? !same;
      if (now && isDone) this.failures.delete(key);
    }
  }
}

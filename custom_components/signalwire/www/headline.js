// What is going on, in a few words: for the header, the badge and the screen reader.

import { icon, countWords, holdWords, spinner } from "./parts.js";
import { clock } from "./texts.js";

const ICONS = {
  alarm: "alert",
  idle: "phone-off",
  outage: "cloud-off-outline",
  paused: "pause-box",
  recording: "record-circle",
};

/** Return `[kind, title, detail]`. */
export function headline(ui) {
  const { hass, say, model, outage, asks, now } = ui;
  const { hold, silent } = model;
  const verb = asks.verb(hold.key);
  const failure = asks.failures.get(hold.key);
  const more = countWords(ui, model, "paused", "doubtful");
  if (outage) {
    const parts = [hold.off && say("unconfirmed"), silent && say("age", clock(hass, now - silent))];
    return ["outage", say(outage), parts.filter(Boolean).join(" · ")];
  }
  if (verb === "pause") return ["busy", say("pausing"), more];
  if (verb === "resume") return ["busy", say("resuming"), more];
  if (failure) return ["alarm", say(`failed_${failure.verb}_all`), failure.reason];
  if (hold.isAlarming) {
    return ["alarm", say("unconfirmed"), hold.unconfirmed ? say("still", hold.unconfirmed) : say("unseen")];
  }
  if (hold.isPausing) {
    const words = hold.unconfirmed ? say("pausing_n", hold.unconfirmed) : say("pausing");
    return ["busy", words, holdWords(ui, hold)];
  }
  if (hold.off) return ["paused", say(model.active ? "all_paused" : "hold_off"), holdWords(ui, hold)];
  if (model.recording) return ["recording", say("recording_n", model.recording), more];
  if (model.doubtful) return ["alarm", say("unconfirmed"), more];
  if (model.paused) return ["paused", say("paused_n", model.paused), ""];
  return ["idle", say("nothing"), say("next")];
}

/** Return the symbol of a kind. */
export const mark = (kind) => (kind === "busy" ? spinner : icon(ICONS[kind]));

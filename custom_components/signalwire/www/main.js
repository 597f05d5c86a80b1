// Registers the card, the badge, the tile feature and the dashboard with Home Assistant's frontend.

import { RecordingsBadge } from "./badge.js";
import { RecordingsCard } from "./card.js";
import { RecordingFeature, isSupported } from "./feature.js";
import { RecordingsStrategy } from "./strategy.js";
import { text } from "./texts.js";

const type = "signalwire-recordings";
// The person's language is known only later than this is loaded.
const say = (key) => text(document.querySelector("home-assistant")?.hass, key);

class Entry {
  documentationURL =
    "https://github.com/signalwire-homeassistant/signalwire/blob/main/docs/dashboard.md";

  constructor(key, fields) {
    const get = (name, what) => Object.defineProperty(this, name, { get: () => say(what) });
    get("name", key);
    get("description", "about");
    Object.assign(this, fields);
  }
}

const SUGGESTED = ["call_recording", "line_state", "recording", "state", "active_recordings"];

/** Return a configuration that fits one of our entities: of its project, or of its line alone. */
function suggest(hass, id, suffix) {
  const { platform, translation_key, device_id: device } = hass.entities[id] ?? {};
  if (platform !== "signalwire" || !SUGGESTED.includes(translation_key)) return null;
  const parent = hass.devices[device]?.via_device_id;
  const isLine = parent && translation_key !== "recording" && translation_key !== "state";
  const only = isLine && { line: device };
  return { config: { type: `custom:${type}-${suffix}`, device_id: parent ?? device, ...only } };
}

customElements.define(`${type}-card`, RecordingsCard);
customElements.define(`${type}-badge`, RecordingsBadge);
customElements.define("signalwire-recording", RecordingFeature);
customElements.define(`ll-strategy-dashboard-${type}`, RecordingsStrategy);

(window.customStrategies ??= []).push(new Entry("dashboard", { type, strategyType: "dashboard" }));
for (const [list, what] of [["customCards", "card"], ["customBadges", "badge"]]) {
  const getEntitySuggestion = (hass, id) => suggest(hass, id, what);
  const entry = new Entry(what, { type: `${type}-${what}`, preview: true, getEntitySuggestion });
  (window[list] ??= []).push(entry);
}
(window.customCardFeatures ??= []).push(
  new Entry("feature", { type: "signalwire-recording", isSupported, configurable: false }),
);

// Registers the card and the dashboard with Home Assistant's frontend.

import { RecordingsCard } from "./card.js";
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

customElements.define(`${type}-card`, RecordingsCard);
customElements.define(`ll-strategy-dashboard-${type}`, RecordingsStrategy);

(window.customStrategies ??= []).push(new Entry("dashboard", { type, strategyType: "dashboard" }));
(window.customCards ??= []).push(
  new Entry("card", {
    type: `${type}-card`,
    preview: true,
    getEntitySuggestion(hass, id) {
      const { platform, translation_key, device_id } = hass.entities[id] ?? {};
      const fits = platform === "signalwire" && translation_key === "call_recording";
      return fits ? { config: { type: `custom:${type}-card`, device_id } } : null;
    },
  }),
);

// The dashboard: a view for each project, made anew whenever the registries change.

import { findProjects } from "./entities.js";
import { text } from "./texts.js";

const CARD = "custom:signalwire-recordings-card";
const icon = "mdi:record-rec";

function view(hass, { id, name, ids, lines, slots }) {
  const section = (component, card, used) =>
    used.every(Boolean) && hass.config.components.includes(component)
      ? [{ type: "grid", cards: [{ hours_to_show: 24, grid_options: { columns: "full" }, ...card }] }]
      : [];
  // Where the logbook shows what happened.
  const switches = [{ ids }, ...lines, ...slots]
    .map((one) => one.ids["switch.call_recording"] ?? one.ids["switch.recording"])
    .filter(Boolean);
  const counts = [ids["sensor.active_recordings"], ids["sensor.paused_recordings"]];
  return {
    type: "sections",
    title: name,
    path: id,
    icon,
    max_columns: 2,
    sections: [
      { type: "grid", column_span: 2, cards: [{ type: CARD, device_id: id, grid_options: { columns: "full" } }] },
      ...section("logbook", { type: "logbook", target: { entity_id: switches } }, [switches.length]),
      ...section("history", { type: "history-graph", entities: counts }, counts),
    ],
  };
}

export class RecordingsStrategy extends HTMLElement {
  static noEditor = true;

  static registryDependencies = ["entities", "devices"];

  static getCreateSuggestions(hass) {
    return { title: text(hass, "dashboard"), icon };
  }

  static async generate(_config, hass) {
    const title = text(hass, "dashboard");
    const views = findProjects(hass).map((project) => view(hass, project));
    // The card says what to do where there is no project.
    return { title, views: views.length ? views : [{ title, cards: [{ type: CARD }] }] };
  }
}

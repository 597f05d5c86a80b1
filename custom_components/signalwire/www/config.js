// What can be configured, and whether it is valid.

import { findProjects } from "./entities.js";
import { text } from "./texts.js";

const FLAGS = ["compact", "hide_numbers", "hide_stop", "hide_pause_behavior"];
const OURS = ["device_id", "line", ...FLAGS];

const isText = (value) => typeof value === "string";
const isFlag = (value) => typeof value === "boolean";
const isAction = (value) => isText(value?.action);
const RULES = {
  ...{ title: isText, device_id: isText, line: isText },
  ...Object.fromEntries(FLAGS.map((flag) => [flag, isFlag])),
  ...{ tap_action: isAction, hold_action: isAction, double_tap_action: isAction },
};

/** Raise an error that names what is wrong with a configuration. */
export function check(config) {
  for (const [key, isValid] of Object.entries(RULES)) {
    if (config[key] != null && !isValid(config[key])) throw new Error(`Invalid configuration: ${key}`);
  }
}

/** Return the form of the visual editor. */
export function form() {
  const device = (model) => ({ device: { filter: { integration: "signalwire", model } } });
  const action = (name, default_action) => ({ name, selector: { ui_action: { default_action } } });
  const actions = [action("tap_action", "toggle"), action("hold_action", "more-info"), action("double_tap_action", "none")];
  const hass = document.querySelector("home-assistant")?.hass;
  return {
    assertConfig: check,
    schema: [
      { name: "title", selector: { text: {} } },
      { name: "device_id", selector: device("Project") },
      { name: "line", selector: device("Line") },
      ...FLAGS.map((name) => ({ name, selector: { boolean: {} } })),
      { name: "interactions", type: "expandable", flatten: true, icon: "mdi:gesture-tap", schema: actions },
    ],
    computeLabel: ({ name }) => (OURS.includes(name) ? text(hass, `option_${name}`) : undefined),
    // A device picker that is empty shows no label.
    computeHelper: ({ name, selector }) => selector?.device && text(hass, `option_${name}`),
  };
}

/** Return the project of a configuration, or the key of the text that says why there is none. */
export function findProject(hass, { device_id, line }) {
  const isMeant = ({ id, lines }) => (!device_id || id === device_id) && (!line || lines.some((one) => one.id === line));
  return findProjects(hass).find(isMeant) ?? (line ? "gone_line" : device_id ? "gone" : "none");
}

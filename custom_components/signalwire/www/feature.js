// The tile feature: pauses, resumes and stops what the tile's switch is of.

import { ProjectElement } from "./base.js";
import { html } from "./dom.js";
import { entitiesOf, findProjects } from "./entities.js";
import { button, failureWords, icon, toggle } from "./parts.js";
import { whoOf } from "./rows.js";

const SWITCHES = ["recording", "call_recording"];

/** Return whether an entity is something to pause: a recording, a line or a project. */
export function isSupported({ entities }, { entity_id: id }) {
  const { platform, translation_key } = entities[id] ?? {};
  return platform === "signalwire" && id.startsWith("switch.") && SWITCHES.includes(translation_key);
}

export class RecordingFeature extends ProjectElement {
  static getStubConfig = () => ({ type: "custom:signalwire-recording" });

  constructor() {
    super("<div></div>");
  }

  /** Home Assistant tells the entity after the states, and may change it. */
  set context({ entity_id }) {
    if (entity_id === this._entity) return;
    this._entity = entity_id;
    this._seen = [];
    if (this._hass) this.hass = this._hass;
  }

  _find(hass) {
    return findProjects(hass).find((one) => entitiesOf(one).includes(this._entity)) ?? "none";
  }

  _view(ui) {
    const isMeant = ({ switchId }) => switchId === this._entity;
    const target = [...this._targets.values()].find(isMeant);
    if (!target) return html``;
    const who = target.sid ? whoOf(ui, target) : target.name;
    return html`<div class="feature" data-on="${target.key}">${toggle(ui, target, who)}
      ${target.sid ? button("stop", icon("stop"), ui.say("stop"), who) : ""}
      <span class="sr" role="alert">${failureWords(ui)}</span></div>`;
  }
}

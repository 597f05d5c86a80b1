// The card: shows the states, asks for changes, and keeps nothing but what is being asked for.

import { patch } from "./dom.js";
import { findProjects, stateOf } from "./entities.js";
import { load } from "./files.js";
import { text } from "./texts.js";
import { noProject, projectView, whoOf } from "./view.js";

const HOLD = 500;
const SETTLE = 300;
const STYLES = new CSSStyleSheet();
STYLES.replaceSync(await (await load("card.css")).text());

export class RecordingsCard extends HTMLElement {
  static getConfigForm() {
    const device = { filter: { integration: "signalwire", model: "Project" } };
    return {
      schema: [
        { name: "device_id", selector: { device } },
        { name: "title", selector: { text: {} } },
      ],
      computeLabel: ({ name }, localize) =>
        name === "device_id" ? localize("ui.components.device-picker.device") : undefined,
    };
  }

  static getStubConfig(hass) {
    return { device_id: findProjects(hass)[0]?.id };
  }

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [STYLES];
    root.innerHTML = "<ha-card></ha-card>";
    this._card = root.firstChild;
    this._busy = new Set();
    this._seen = [];
    const release = () => clearTimeout(this._holding);
    for (const [type, listener] of Object.entries({
      click: (event) => this._click(event),
      pointerdown: (event) => this._press(event),
      pointerup: release,
      pointercancel: release,
      pointerout: release,
      contextmenu: (event) => event.preventDefault(),
      // A key that is kept down would pause and resume in turn.
      keydown: (event) => event.repeat && /^(Enter| )$/.test(event.key) && event.preventDefault(),
    })) {
      root.addEventListener(type, listener);
    }
  }

  setConfig(config) {
    this._config = config;
    this._seen = [];
    if (this._hass) this.hass = this._hass;
  }

  set hass(hass) {
    this._hass = hass;
    const { entities, devices, locale, states } = hass;
    if (entities !== this._seen[0] || devices !== this._seen[1]) {
      const { device_id } = this._config;
      this._project = findProjects(hass).find(({ id }) => !device_id || id === device_id);
    }
    const { ids, slots } = this._project ?? { slots: [] };
    const all = [ids ?? {}, ...slots.map((slot) => slot.ids)].flatMap(Object.values);
    const seen = [entities, devices, locale, ...all.map((id) => states[id])];
    const changed = seen.some((item, index) => item !== this._seen[index]);
    this._seen = seen;
    if (changed) this._show();
  }

  _show = () => {
    clearTimeout(this._timer);
    const now = Date.now();
    const { _hass: hass, _project: project } = this;
    const height = this._card.offsetHeight;
    patch(
      this._card,
      project ? projectView(hass, project, this._config.title, this._busy, now) : noProject(hass),
    );
    if (this._card.offsetHeight !== height) this._moved = performance.now();
    // With the next full second, so that several cards tick together.
    if (this.isConnected) this._timer = setTimeout(this._show, 1000 - (now % 1000));
  };

  connectedCallback() {
    if (this._hass) this._show();
  }

  disconnectedCallback() {
    clearTimeout(this._timer);
    clearTimeout(this._holding);
  }

  _slotOf(element) {
    const key = element.closest("li")?.dataset.key;
    return this._project.slots.find(({ id }) => id === key);
  }

  _press({ target, button }) {
    this._held = false;
    if (button || !target.closest(".main")) return;
    this._holding = setTimeout(() => {
      this._held = true;
      this._fire("haptic", "medium");
      this._stop(this._slotOf(target));
    }, HOLD);
  }

  _click({ target, detail }) {
    const control = target.closest("[data-do]");
    // A tap meant for what has just moved away must not hit what took its place. Keys have no
    // detail, and are meant for what has the focus.
    const late = this._held || performance.now() - this._moved < SETTLE;
    if (!control || (detail && late)) return;
    const slot = this._slotOf(control);
    const { ids } = this._project;
    const { do: what, option } = control.dataset;
    if (what === "stop") this._stop(slot);
    else if (what === "toggle") this._turn(slot.id, slot.ids["switch.recording"]);
    else if (what === "hold") this._turn(what, ids["switch.call_recording"]);
    else this._ask(what, "select", "select_option", ids["select.pause_behavior"], { option });
  }

  _turn(key, id) {
    const off = stateOf(this._hass, id)?.state === "off";
    this._ask(key, "switch", off ? "turn_on" : "turn_off", id);
  }

  async _stop(slot) {
    const sid = () => stateOf(this._hass, slot.ids["switch.recording"])?.attributes.sid;
    const asked = sid();
    if (!asked) return;
    const helpers = await window.loadCardHelpers();
    const sure = await helpers.showConfirmationDialog(this, {
      title: text(this._hass, "ask"),
      text: whoOf(this._hass, slot),
      confirmText: text(this._hass, "stop"),
      destructive: true,
    });
    if (!sure) return;
    // Another one may sit in the slot by now.
    if (sid() !== asked) this._fire("hass-notification", { message: text(this._hass, "ended") });
    else this._ask(slot.id, "button", "press", slot.ids["button.stop"]);
  }

  /** Call an action; the frontend shows the error if it fails, and the states what is. */
  async _ask(key, domain, action, entity_id, data = {}) {
    if (this._busy.has(key)) return;
    this._busy.add(key);
    this._show();
    await this._hass.callService(domain, action, data, { entity_id }).catch(() => {});
    this._busy.delete(key);
    this._show();
  }

  _fire(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  getCardSize() {
    return 4;
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6 };
  }
}

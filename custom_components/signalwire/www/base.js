// What the card, the badge and the tile feature have in common: a project that is shown and asked.

import { Asks } from "./asks.js";
import { check, findProject, form } from "./config.js";
import { patch } from "./dom.js";
import { entitiesOf, findProjects } from "./entities.js";
import { load } from "./files.js";
import { readModel } from "./model.js";
import { whoOf } from "./rows.js";
import { text } from "./texts.js";
import { Touch, targetOf } from "./touch.js";

// Of the page: it outlives an element, which Home Assistant replaces when a registry changes.
const ASKS = new Asks();
const HINT = 2000;
const ASK_AGAIN = 5000;
const STYLES = new CSSStyleSheet();
STYLES.replaceSync(await (await load("card.css")).text());

/** A subclass has `_view(ui)`, which returns the markup. */
export class ProjectElement extends HTMLElement {
  static getConfigForm = form;

  static getStubConfig = (hass) => ({ device_id: findProjects(hass)[0]?.id });

  _asks = ASKS;
  _seen = [];
  _targets = new Map();

  constructor(markup) {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [STYLES];
    root.innerHTML = markup;
    this._touch = new Touch(root, (element, gesture) => this._on(element, gesture));
  }

  setConfig(config) {
    check(config);
    this._config = config;
    this._touch.doubles = (config.double_tap_action?.action ?? "none") !== "none";
    this._seen = [];
    if (this._hass) this.hass = this._hass;
  }

  _find(hass) {
    return findProject(hass, this._config);
  }

  set hass(hass) {
    this._hass = hass;
    const { entities, devices, locale, states, connected } = hass;
    if (entities !== this._seen[0] || devices !== this._seen[1]) {
      this._project = this._find(hass);
      this._shown = this._project.ids ? entitiesOf(this._project) : [];
    }
    const seen = [entities, devices, locale, connected, ...this._shown.map((id) => states[id])];
    const changed = seen.some((item, index) => item !== this._seen[index]);
    this._seen = seen;
    if (changed) this._show();
  }

  connectedCallback() {
    if (this._hass) this._show();
  }

  disconnectedCallback() {
    clearTimeout(this._timer);
    this._touch.end();
  }

  _show = () => {
    clearTimeout(this._timer);
    const now = Date.now();
    const { _hass: hass, _config: config, _asks: asks, _project: project } = this;
    const model = project.ids && readModel(hass, project, config.line, now);
    const { hold, groups, leaves } = model ?? { groups: [] };
    const targets = [hold, leaves, ...groups.flatMap(({ line, rows }) => [line, ...rows])].filter(Boolean);
    this._targets = new Map(targets.map((target) => [target.key, target]));
    asks.settle(this._targets);
    const say = (key, ...values) => key && text(hass, key, ...values);
    this._ui = { hass, config, asks, targets: this._targets, project, model, outage: model && this._outage(model), now, say };
    patch(this.shadowRoot.firstChild, this._view(this._ui));
    this._touch.note(this.shadowRoot.firstChild);
    // With the next full second, so that several cards tick together.
    if (this.isConnected) this._timer = setTimeout(this._show, 1000 - (now % 1000));
  };

  /** Return the key of the text that says why nothing is known; undefined if all is well. */
  _outage({ silent, entry }) {
    if (!this._hass.connected) return "offline";
    if (!silent) return (this._why = undefined);
    if (!(Date.now() - this._why?.at < ASK_AGAIN)) this._askWhy(entry);
    return this._why.key;
  }

  /** Ask Home Assistant's repairs whether the token was rejected. */
  async _askWhy(entry) {
    const why = (this._why = { key: "unreachable", ...this._why, at: Date.now() });
    const { issues } = await this._hass.callWS({ type: "repairs/list_issues" }).catch(() => ({ issues: [] }));
    const isRejected = issues.some(({ issue_id: id }) => id === `config_entry_reauth_signalwire_${entry}`);
    why.key = isRejected ? "rejected" : "unreachable";
    this._show();
  }

  _on(element, gesture) {
    const { do: what, option } = element.dataset;
    const target = this._targets.get(targetOf(element));
    if (!target) return;
    if (gesture === "miss") this._hint(target.key, "moved");
    else if (gesture === "tap") this._do(what, target, option);
    else this._act(gesture, target);
  }

  _do(what, target, option) {
    const failure = this._asks.failures.get(target.key);
    if (what === "tap") this._act(what, target);
    else if (what === "locked") this._hint(target.key, what);
    else if (what === "retry") this._do(failure.verb, target, failure.option);
    else if (what === "stop") this._stop(target);
    else this._ask(what, target, option);
  }

  /** Do what is configured for a gesture. */
  _act(gesture, target) {
    const { tap_action, hold_action, double_tap_action } = this._config;
    const more = { action: "more-info" };
    const actions = { tap_action: tap_action ?? more, hold_action: hold_action ?? more, double_tap_action };
    if (gesture === "hold") this._fire("haptic", "medium");
    if (actions[`${gesture}_action`].action === "toggle") this._ask(target.off ? "resume" : "pause", target);
    else this._fire("hass-action", { config: { entity: target.switchId, ...actions }, action: gesture });
  }

  /** Say why a tap was not taken, where it was. */
  _hint(key, what) {
    const { hints } = this._asks;
    this._fire("haptic", "warning");
    hints.set(key, text(this._hass, what));
    this._show();
    setTimeout(() => this._show(hints.delete(key)), HINT);
  }

  async _stop(target) {
    const { say } = this._ui;
    const helpers = await window.loadCardHelpers();
    const words = { title: say("ask"), text: whoOf(this._ui, target), confirmText: say("stop") };
    if (!(await helpers.showConfirmationDialog(this, { ...words, destructive: true }))) return;
    if (this._targets.has(target.key)) this._ask("stop", target);
    else this._fire("hass-notification", { message: say("ended") });
  }

  async _ask(verb, target, option) {
    if (this._asks.verb(target.key) === verb) return;
    this._fire("haptic", "light");
    const outcome = this._asks.ask(this._hass, verb, target, this._ui.model.entry, option);
    this._show();
    if (await outcome) this._fire("haptic", await outcome);
    this._show();
  }

  _fire(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

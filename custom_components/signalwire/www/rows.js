// The rows: one for each recording, by line.

import { html } from "./dom.js";
import { button, countWords, failed, holdWords, icon, instead, spinner, toggle, toggleOf } from "./parts.js";
import { clock } from "./texts.js";

/** Return both ends of a call, a conference, or else the slot's name. */
const partiesOf = ({ config }, { parties, name }) =>
  parties.length && !config.hide_numbers ? parties : [name];

/** Return who is recorded, in words. */
export function whoOf(ui, row) {
  const [from, to] = partiesOf(ui, row);
  return to ? ui.say("to", from, to) : from;
}

function row(ui, row, group) {
  const { hass, config, say, now } = ui;
  const { key, state, off, status, started, changed, seen, isStale } = row;
  const who = whoOf(ui, row);
  const [from, to] = partiesOf(ui, row).map((party) => html`<bdi>${party}</bdi>`);
  const known = { on: "recording", off: "paused" }[state];
  const other = status && status.state !== "unknown" ? hass.formatEntityState(status) : say("unconfirmed");
  const start = off ? changed : Date.parse(started);
  const dot = ui.asks.verb(key) ? spinner : icon({ on: "record", off: "pause" }[state] ?? "help");
  // What is configured has to work from the keyboard, too; what the button does has the button.
  const tap = config.tap_action ? html`data-do="tap" role="button" tabindex="0"` : html`data-do="${toggleOf(ui, row) ?? "locked"}"`;
  const options = html`aria-haspopup="dialog" title="${say("options")}"`;
  return html`<li data-key="${group}/${key}" data-on="${key}" data-state="${state}" ${isStale ? html`data-stale=""` : ""}>
    <div class="main" ${tap}><span class="dot">${dot}</span>
      <strong>${from}${to && html` <span>${icon("arrow-right")}<span class="sr">→</span> ${to}</span>`}</strong>
      <span class="soft">${instead(ui, key) ?? (known ? say(known) : other)}
        <time dir="ltr">${start && known ? clock(hass, (isStale ? seen : now) - start) : ""}</time></span></div>
    <div class="act">${toggle(ui, row, who)}</div>
    ${config.hide_stop ? "" : button("menu", icon("dots-vertical"), say("options"), who, options)}
    ${failed(ui, key)}</li>`;
}

function lineHeader(ui, line) {
  const held = ui.say(line.isPausing ? "unconfirmed" : "paused");
  const own = line.locked ? "" : ` · ${holdWords(ui, line)}`;
  const words = line.off
    ? held + own
    : countWords(ui, line, "recording", "paused", "doubtful");
  return html`<div class="line" data-key="line" data-on="${line.key}"><h3>${line.name}</h3>
    <span class="soft">${instead(ui, line.key) ?? words}</span>${toggle(ui, line, line.name)}${failed(ui, line.key)}</div>`;
}

/** Return the rows by line. */
export function groups(ui) {
  const { groups: all } = ui.model;
  const other = all.length > 1 ? html`<h3 class="line" data-key="line">${ui.say("others")}</h3>` : "";
  return all
    .filter(({ line, rows }) => line || rows.length)
    .map(({ line, rows }) => {
      const id = line?.id ?? "others";
      return html`<section data-key="${id}">${line ? lineHeader(ui, line) : other}
        <ul data-key="rows" role="list">${rows.map((one) => row(ui, one, id))}</ul></section>`;
    });
}

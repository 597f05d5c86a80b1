// Parts of the markup that occur in several places. `ui` is what ProjectElement shows.

import { html } from "./dom.js";
import { clock } from "./texts.js";

export const icon = (name) => html`<ha-icon icon="mdi:${name}" aria-hidden="true"></ha-icon>`;

export const spinner = html`<i class="spinner" aria-hidden="true"></i>`;

const BUSY = { pause: "pausing", resume: "resuming", stop: "stopping" };

/** Return what is said of a target instead of its state: why a tap missed, or what is asked. */
export const instead = ({ say, asks }, key) => asks.hints.get(key) ?? say(BUSY[asks.verb(key)]);

/** Return a button; `about` tells a screen reader what it is about. */
export const button = (what, symbol, words, about, more = "") =>
  html`<button class="button" data-do="${what}" ${about ? html`aria-label="${words}: ${about}"` : ""} ${more}>
    ${symbol}<span>${words}</span></button>`;

/** Return what a tap on a target does; undefined while it can be neither paused nor resumed. */
export function toggleOf({ asks }, { off, locked, key }) {
  // Until it is known to be resumed, the way back is to pause.
  if (!off || asks.verb(key) === "resume") return "pause";
  return locked ? undefined : "resume";
}

/** Return the button that pauses or resumes a target. */
export function toggle(ui, target, about, suffix = "") {
  const does = toggleOf(ui, target);
  if (!does) return "";
  const isBusy = ui.asks.verb(target.key) === does;
  const words = ui.say(isBusy ? BUSY[does] : does + suffix);
  const symbol = isBusy ? spinner : icon(does === "pause" ? "pause" : "record");
  return button(does, symbol, words, about, isBusy ? html`aria-busy="true"` : "");
}

const failureOf = ({ say }, { verb, target }) => say(`failed_${verb}${target.holds ? "_all" : ""}`);

/** Return what could not be done to a target, why, and the button that tries again. */
export function failed(ui, key) {
  const failure = ui.asks.failures.get(key);
  return failure
    ? html`<div class="notice" data-key="failed" data-on="${key}">${icon("alert")}
        <div><strong>${failureOf(ui, failure)}</strong> <span>${failure.reason}</span></div>
        ${button("retry", icon("refresh"), ui.say("retry"))}</div>`
    : "";
}

/** Return how long something is held, and who else wants it. */
export function holdWords({ hass, say, now }, { until, holds }) {
  const names = holds.map(({ name }) => name).filter((name) => name !== "switch");
  return [until ? say("back_on", clock(hass, until - now)) : say("until_resumed"), ...new Set(names)].join(" · ");
}

/** Return the counts that are not zero. */
export const countWords = ({ say }, counts, ...keys) =>
  keys.filter((key) => counts[key] > 0).map((key) => say(`${key}_n`, counts[key])).join(" · ");

/** Return the failures in words. */
export const failureWords = (ui) =>
  [...ui.asks.failures.values()]
    .filter(({ target }) => ui.targets.has(target.key))
    .map((failure) => `${failureOf(ui, failure)}. ${failure.reason}`);

// What a project looks like: states in, markup out.

import { html } from "./dom.js";
import { activeSlots, isAnswering, partiesOf, stateOf, valueOf } from "./entities.js";
import { clock, text } from "./texts.js";

const ADD = "/config/integrations/dashboard/add?domain=signalwire";

const icon = (name) => html`<ha-icon icon="mdi:${name}" aria-hidden="true"></ha-icon>`;

const notice = (key, name, title, detail, role = "none") =>
  html`<div class="${key}" data-key="${key}" role="${role}">
    ${icon(name)}<strong>${title}</strong><span>${detail}</span>
  </div>`;

/** Return who is recorded, in words. */
export function whoOf(hass, slot) {
  const [from, to] = partiesOf(hass, slot);
  return to ? text(hass, "to", from, to) : from;
}

/** Return a project; `busy` holds the IDs of what is being asked for, `now` is in milliseconds. */
export function projectView(hass, project, title, busy, now) {
  const say = (key, ...values) => text(hass, key, ...values);
  const busyMark = (id) => busy.has(id) && html`aria-busy="true"`;
  const { ids } = project;
  const answering = isAnswering(hass, project);
  const slots = activeSlots(hass, project);
  const master = stateOf(hass, ids["switch.call_recording"]);
  const held = master?.state === "off";
  const leaves = stateOf(hass, ids["select.pause_behavior"]);
  const active = Number(valueOf(hass, ids["sensor.active_recordings"]) ?? slots.length);
  const resting = slots.filter((slot) => stateOf(hass, slot.ids["switch.recording"]).state === "off");
  const paused = Number(valueOf(hass, ids["sensor.paused_recordings"]) ?? resting.length);
  const more = active - slots.length;

  function row(slot) {
    const { state, last_changed, entity_id } = stateOf(hass, slot.ids["switch.recording"]);
    const resting = state === "off";
    const parties = partiesOf(hass, slot);
    const [from, to] = parties.map((party) => html`<bdi>${party}</bdi>`);
    const who = whoOf(hass, slot);
    const status = stateOf(hass, slot.ids["sensor.state"]) ?? hass.states[entity_id];
    const words = busy.has(slot.id)
      ? say("busy")
      : state === "unknown" ? hass.formatEntityState(status) : say(state);
    const started = Date.parse(valueOf(hass, slot.ids["sensor.started"]));
    const since = resting && html` · <bdi>${clock(hass, now - Date.parse(last_changed))}</bdi>`;
    const [verb, stop] = [say(resting ? "resume" : "pause"), say("stop")];
    return html`<li data-key="${slot.id}" data-state="${state}" ${busyMark(slot.id) || ""}>
      <button class="main" data-do="toggle" aria-label="${verb}: ${who}. ${words}">
        <span class="dot">${icon(resting ? "pause" : "record")}</span>
        <strong>${from} ${to && html`<span>${icon("arrow-right")} ${to}</span>`}</strong>
        <span class="soft">${words}${since || ""}</span>
        <time dir="ltr">${started ? clock(hass, now - started) : ""}</time>
        ${resting && held ? "" : html`<span class="pill">${icon(resting ? "record" : "pause")}<span>${verb}</span></span>`}
      </button>
      <button class="pill" data-do="stop" aria-label="${stop}: ${who}" title="${stop}">
        ${icon("stop")}
      </button>
    </li>`;
  }

  function alarm() {
    if (!held || master.attributes.confirmed !== false) return "";
    const detail = answering ? say("still", master.attributes.unconfirmed) : say("unreachable");
    return notice("alarm", "alert", say("unconfirmed"), detail, "alert");
  }

  function empty() {
    if (!answering) return notice("empty", "cloud-off-outline", say("unreachable"), say("unseen"));
    const [name, detail] = held ? ["shield-lock", "hold_off"] : ["phone-off", "next"];
    return notice("empty", name, say("nothing"), say(detail));
  }

  function holdControl() {
    const left = Date.parse(valueOf(hass, ids["sensor.held_until"])) - now;
    const hint = held && left > 0 ? say("until", clock(hass, left)) : say(`hold_${master.state}`);
    return html`<button class="hold" data-key="hold" data-do="hold" role="switch"
      aria-checked="${!held}" aria-label="${say("hold")}" aria-describedby="hint" ${busyMark("hold") || ""}>
      ${icon(held ? "shield-lock" : "record-rec")}<strong>${say("hold")}</strong>
      <span class="soft" id="hint">${busy.has("hold") ? say("busy") : hint}</span><i></i>
    </button>`;
  }

  function leavesControl() {
    const choice = (option) => html`<button data-do="leaves" data-option="${option}"
      aria-pressed="${leaves.state === option}">${say(option)}</button>`;
    return html`<div class="leaves" data-key="leaves" ${busyMark("leaves") || ""}>
      <span class="soft">${say("leaves")}</span>
      <div role="group" aria-label="${say("leaves")}">${["silence", "skip"].map(choice)}</div>
    </div>`;
  }

  const counts = Object.entries({ on: active - paused, off: paused })
    .filter(([, count]) => count > 0)
    .map(([key, count]) => `${say(key)}: ${count}`);
  return html`<div class="head"><h2>${title ?? project.name}</h2>
      <span class="soft" role="status">${answering ? counts.join(" · ") : ""}</span></div>
    ${alarm()}
    ${slots.length ? html`<ul data-key="rows" role="list">${slots.map(row)}</ul>` : empty()}
    ${more > 0 ? html`<p class="soft" data-key="more">${say("more", more)}</p>` : ""}
    <div class="foot">${master ? holdControl() : ""}${leaves ? leavesControl() : ""}</div>`;
}

/** Return what is shown where there is no project. */
export const noProject = (hass) => html`<div class="empty" data-key="none">
  ${icon("phone-plus")}<strong>${text(hass, "none")}</strong>
  ${hass.user?.is_admin ? html`<a href="${ADD}">${text(hass, "add")}</a>` : ""}
</div>`;

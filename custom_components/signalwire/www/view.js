// What the card looks like. `ui` is what ProjectElement shows.

import { html } from "./dom.js";
import { headline, mark } from "./headline.js";
import { button, failed, failureWords, icon, spinner, toggle } from "./parts.js";
import { groups, whoOf } from "./rows.js";

const ADD = "/config/integrations/dashboard/add?domain=signalwire";

/** Return the header, and what is read out when it changes: above all what goes wrong. */
function header(ui) {
  const { say, config, model, outage, asks } = ui;
  const { key, until, locked } = model.hold;
  const [kind, title, detail] = headline(ui);
  const isLoud = kind === "alarm" || kind === "outage";
  const name = config.title ?? model.name;
  const isBusy = asks.verb(key) === "extend";
  const more = until && !locked && !outage
    ? button("extend", isBusy ? spinner : icon("clock-plus-outline"), say("extend")) : "";
  return html`<header data-key="header" data-on="${key}" data-kind="${kind}"><div class="state">
      ${config.compact ? "" : html`<h2 title="${name}">${name}</h2>`}
      <strong>${mark(kind)}<span title="${title}">${title}</span></strong>
      <span class="detail" title="${detail}">${asks.hints.get(key) ?? detail}</span></div>
    <div class="buttons">${more}${toggle(ui, model.hold, "", "_all")}</div></header>
    <div class="sr" role="status" data-key="status">${isLoud ? "" : title}</div>
    <div class="sr" role="alert" data-key="alert">${[isLoud ? `${title}.` : "", ...failureWords(ui)].join(" ")}</div>`;
}

function leavesControl(ui) {
  const choice = (option) =>
    button("leaves", "", ui.say(option), "", html`data-option="${option}" aria-pressed="${ui.model.leaves.state === option}"`);
  return html`<div class="leaves" data-key="leaves" data-on="${ui.model.leaves.key}"><span class="soft">${ui.say("leaves")}</span>
    <div role="group" aria-label="${ui.say("leaves")}">${["silence", "skip"].map(choice)}</div>${failed(ui, ui.model.leaves.key)}</div>`;
}

/** Return a card. */
export function cardView(ui) {
  const { say, config, model, outage } = ui;
  const rows = groups(ui);
  const empty = outage ? "unseen" : model.hold.off ? "held_next" : "next";
  return html`${header(ui)}<div class="body" data-key="body">
    ${rows.length ? rows : html`<p class="empty soft" data-key="empty">${say(empty)}</p>`}
    ${outage === "rejected" ? html`<p class="soft" data-key="help">${say("rejected_help")}</p>` : ""}
    ${model.more > 0 ? html`<p class="soft" data-key="more">${say("more", model.more)}</p>` : ""}
    ${failed(ui, model.hold.key)}
    ${model.leaves && !config.compact && !config.hide_pause_behavior ? leavesControl(ui) : ""}</div>`;
}

/** Return what is shown without a project; `why` is the key of the text that says so. */
export const nothingView = ({ say, hass }, why) => html`<div class="nothing" data-key="nothing">
  ${icon("phone-plus")}<strong>${say(why)}</strong>${why === "none" ? "" : html`<span>${say("gone_help")}</span>`}
  ${why === "none" && hass.user?.is_admin ? html`<a href="${ADD}">${say("add")}</a>` : ""}</div>`;

/** Return the menu of a row. */
export const menuView = (ui, row) => html`<h2 id="who">${whoOf(ui, row)}</h2>
  ${button("details", icon("information-outline"), ui.say("details"))}
  ${button("stop", icon("stop"), ui.say("stop_question"))}
  ${button("close", icon("close"), ui.say("close"))}`;

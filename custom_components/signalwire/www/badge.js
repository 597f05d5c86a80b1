// The badge: whether calls are being recorded, for the top of a view.

import { ProjectElement } from "./base.js";
import { html } from "./dom.js";
import { headline, mark } from "./headline.js";

export class RecordingsBadge extends ProjectElement {
  constructor() {
    super("<div></div>");
  }

  _view(ui) {
    const [kind, title] = ui.model ? headline(ui) : ["idle", ui.say(ui.project)];
    return html`<button class="badge main" data-do="tap" data-on="${ui.model?.hold.key}" data-kind="${kind}">
      ${mark(kind)}<span>${title}</span></button>`;
  }
}

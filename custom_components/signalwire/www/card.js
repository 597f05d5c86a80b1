// The card: the header, and a row for each recording.

import { ProjectElement } from "./base.js";
import { patch } from "./dom.js";
import { cardView, menuView, nothingView } from "./view.js";

export class RecordingsCard extends ProjectElement {
  constructor() {
    super(`<ha-card></ha-card><dialog aria-labelledby="who"></dialog>`);
    this._menu = this.shadowRoot.lastChild;
  }

  _view(ui) {
    if (!this._targets.has(this._menu.dataset.on)) this._menu.close();
    this.toggleAttribute("compact", !!ui.config.compact);
    return ui.model ? cardView(ui) : nothingView(ui, ui.project);
  }

  /** Home Assistant says whether this is a preview, which has no header of the page above it. */
  set preview(isPreview) {
    this.toggleAttribute("preview", isPreview);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this._menu.close();
  }

  _do(what, target, option) {
    this._menu.close();
    if (what === "details") this._fire("hass-more-info", { entityId: target.switchId });
    else if (what === "menu") {
      this._menu.dataset.on = target.key;
      patch(this._menu, menuView(this._ui, target));
      this._menu.showModal();
    } else if (what !== "close") super._do(what, target, option);
  }

  /** Return the height in units of 50 pixels, as it is now. */
  getCardSize() {
    const rows = Math.max(this._targets.size - 2, 1);
    return Math.ceil((this._config.compact ? 80 + rows * 64 : 200 + rows * 80) / 50);
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6, rows: "auto", min_rows: this._config.compact ? 2 : 4 };
  }
}

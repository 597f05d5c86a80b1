// Taps, holds and double taps; a tap that was meant for what has just been there is a miss.

const HOLD = 500;
const DOUBLE = 250;
const MOVE = 10;
const SETTLE = 300;

export class Touch {
  /** Whether double taps mean something: a tap has to wait for them. */
  doubles = false;
  _seen = new WeakMap();

  /**
   * Tell `on(element, gesture)` of each "tap", "hold", "double_tap" or "miss" of an element with
   * `data-do`; of holds and double taps only if its class is "main". A key is meant for what has
   * the focus, and never misses.
   */
  constructor(root, on) {
    let start = [0, 0];
    let wasHeld, tapped;
    const listen = (types, listener) =>
      types.split(" ").forEach((type) => root.addEventListener(type, listener));
    listen("pointerdown", ({ target, button, clientX, clientY }) => {
      const main = target.closest(".main");
      start = [clientX, clientY];
      wasHeld = false;
      const hold = () => on(main, "hold", (wasHeld = true));
      if (main && !button) this._holding = setTimeout(hold, HOLD);
    });
    listen("pointerup pointercancel pointerleave", this.end);
    listen("pointermove", ({ clientX, clientY }) => {
      if (Math.hypot(clientX - start[0], clientY - start[1]) > MOVE) this.end();
    });
    listen("contextmenu", (event) => event.target.closest(".main") && event.preventDefault());
    listen("click", ({ target, detail }) => {
      const element = target.closest("[data-do]");
      if (!element || (detail && wasHeld)) return;
      if (detail && this._isFresh(element)) on(element, "miss");
      else if (!this.doubles || !element.matches(".main")) on(element, "tap");
      else if (tapped?.on === targetOf(element)) {
        tapped = clearTimeout(tapped.timer);
        on(element, "double_tap");
      } else {
        const tap = (tapped = { on: targetOf(element) });
        tap.timer = setTimeout(() => {
          if (tapped === tap) tapped = undefined;
          on(element, "tap");
        }, DOUBLE);
      }
    });
    listen("keydown", (event) => {
      if (!/^(Enter| )$/.test(event.key)) return;
      const isMain = event.target.matches("div.main");
      // A key that is kept down would pause and resume in turn.
      if (event.repeat || isMain) event.preventDefault();
      if (isMain && !event.repeat) on(event.target, "tap");
    });
  }

  end = () => clearTimeout(this._holding);

  /** Note where the controls are and what they do; to be called whenever that may have changed. */
  note(root) {
    const now = performance.now();
    for (const element of root.querySelectorAll("[data-do]")) {
      const { offsetTop: top, offsetLeft: left } = element;
      const [what, on, before] = [element.dataset.do, targetOf(element), this._seen.get(element)];
      const moved = !before || Math.hypot(top - before.top, left - before.left) > MOVE;
      const at = moved || on !== before.on ? { top, left, on, placed: now } : before;
      this._seen.set(element, { ...at, what, does: what === before?.what ? before.does : now });
    }
  }

  /** Return whether a control has just moved, changed its recording, or begun to resume it. */
  _isFresh(element) {
    const { what, placed, does } = this._seen.get(element) ?? {};
    const isAlways = what === "pause" && element.closest("header");
    const changed = what === "resume" ? Math.max(placed, does) : placed;
    return !isAlways && performance.now() - changed < SETTLE;
  }
}

/** Return the key of the target that an element is about. */
export const targetOf = (element) => element.closest("[data-on]").dataset.on;

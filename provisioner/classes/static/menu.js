// The menu of a row's actions. There is one for all rows, outside of the table, so that it stays when rows move.
// @ts-check

import { byId, element, setText } from "/static/element.js";

/**
 * @typedef {object} Item
 * @property {string} label
 * @property {() => void} action
 * @property {boolean} [busy] it cannot be done at the moment
 */

export class Menu {
  /** @param {() => void} changed called when it opens and when it closes */
  constructor(changed) {
    this.changed = changed;
    this.slug = ""; // of the row whose menu is open
    this.wasOpen = "";
    /** @type {HTMLElement | null} */
    this.button = null;
    this.popover = byId("menu");
    this.items = byId("menu-items");
    this.popover.addEventListener("toggle", (event) => event.newState === "closed" && this.forget());
    this.popover.addEventListener("keydown", (event) => this.moveFocus(event));
    // A press outside closes a popover before the click arrives, which would open it again.
    document.addEventListener("pointerdown", () => (this.wasOpen = this.slug), { capture: true });
    document.addEventListener("keydown", () => (this.wasOpen = ""), { capture: true });
    document.addEventListener("click", () => (this.wasOpen = "")); // after the button's own
  }

  /**
   * @param {string} slug
   * @param {HTMLElement} button
   * @param {string} title
   * @param {Item[]} items
   */
  open(slug, button, title, items) {
    if (this.wasOpen === slug) return this.close();
    if (this.slug) this.close();
    this.slug = slug;
    this.button = button;
    setText(byId("menu-title"), title);
    this.items.replaceChildren(...items.map((item) => this.make(item)));
    this.popover.showPopover();
    button.setAttribute("aria-expanded", "true");
    this.place(button.getBoundingClientRect());
    /** @type {HTMLElement | null} */ (this.items.firstElementChild)?.focus({ preventScroll: true });
    this.changed();
  }

  /** @param {Item} item */
  make({ label, action, busy }) {
    const choose = () => {
      if (busy) return;
      this.close();
      action();
    };
    return element("button", { type: "button", role: "menuitem", tabindex: -1, "aria-disabled": busy && "true", click: choose }, label);
  }

  /** In the page's own coordinates, so that it scrolls with its row. @param {DOMRect} anchor */
  place(anchor) {
    const { offsetWidth, offsetHeight } = this.popover;
    const fits = anchor.bottom + offsetHeight < innerHeight;
    const top = fits ? anchor.bottom : Math.max(0, anchor.top - offsetHeight);
    this.popover.style.left = `${Math.max(0, anchor.right - offsetWidth) + scrollX}px`;
    this.popover.style.top = `${top + scrollY}px`;
  }

  close() {
    this.popover.hidePopover();
    this.forget();
  }

  /** The focus goes back to the button, unless somebody has put it elsewhere. */
  forget() {
    const { button } = this;
    if (!button) return;
    button.setAttribute("aria-expanded", "false");
    const isLost = document.activeElement === document.body || this.popover.contains(document.activeElement);
    if (isLost && button.isConnected) button.focus({ preventScroll: true });
    this.slug = "";
    this.button = null;
    this.changed();
  }

  /** @param {KeyboardEvent} event */
  moveFocus(event) {
    const items = /** @type {HTMLElement[]} */ ([...this.items.children]);
    const index = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab") this.close(); // and the focus moves on from the button
    if (next === undefined) return;
    event.preventDefault();
    items.at(next % items.length)?.focus();
  }
}

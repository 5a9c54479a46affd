// Runs requests one at a time, shows their progress, and keeps buttons from asking for more while the machine is busy.
// @ts-check

import { addLine, dropActivity, endActivity, notify, showError, startActivity } from "./activity.js";
import { button } from "./element.js";

/** @typedef {import("./live.js").Live} Live */

export class Operations {
  /** @param {() => Live} live */
  constructor(live) {
    this.live = live;
    this.running = "";
    this.serverBusy = "";
  }

  get busy() {
    return this.running || this.serverBusy;
  }

  /** @param {string} activity as the server says it; empty: nothing is running */
  setServerBusy(activity) {
    const before = this.serverBusy;
    this.serverBusy = activity;
    this.mark();
    if (this.running) return; // then it is our own, or we wait for it
    if (activity) startActivity(`The machine is busy: ${activity} …`);
    else if (before) dropActivity(`${before}: finished`);
  }

  /** Disabled buttons would lose the focus, so they only say that they are. */
  mark() {
    for (const element of document.querySelectorAll("[data-machine]")) {
      if (this.busy) element.setAttribute("aria-disabled", "true");
      else element.removeAttribute("aria-disabled");
    }
  }

  /**
   * A button that needs the machine for itself.
   * @param {string} label
   * @param {() => void} action
   * @param {Record<string, string | boolean>} [attributes]
   */
  button(label, action, attributes = {}) {
    const made = button(label, () => this.whenFree(action), { "data-machine": true, ...attributes });
    if (this.busy) made.setAttribute("aria-disabled", "true");
    return made;
  }

  /** @param {() => void} action */
  whenFree(action) {
    if (this.running) return; // its progress is on the page already
    if (this.serverBusy) notify(`The machine is busy: ${this.serverBusy}. Wait until it has finished.`);
    else action();
  }

  /**
   * @template {keyof Results} Name
   * @param {string} what shown while it runs
   * @param {Name} name
   * @param {Record<string, unknown>} [details]
   * @param {(result: Results[Name]) => string} [summary] what stays at the end; without it, the result speaks for itself
   * @returns {Promise<Results[Name] | null>} null if it failed, which has been shown then
   */
  async run(what, name, details = {}, summary) {
    startActivity(`${what} …`);
    this.running = what;
    this.mark();
    try {
      const result = await this.live().request(name, details, addLine);
      if (summary) endActivity(summary(result));
      else dropActivity(`${what}: finished`);
      return result;
    } catch (error) {
      showError(what, error);
      return null;
    } finally {
      this.running = "";
      this.mark();
    }
  }
}

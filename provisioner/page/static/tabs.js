// The tabs of terminals: which there are, which is shown, and the key that goes from the text to the terminal and back.
// @ts-check

import { byId, element } from "./element.js";
import { isLeaveKey, isMac } from "./keyboard.js";
import { Terminal } from "./terminal.js";

const section = byId("terminals");
const list = byId("terminal-tabs");
const panels = byId("terminal-panels");
const about = byId("terminal-about");
const toggle = byId("terminal-toggle");

/**
 * @typedef {object} Tab
 * @property {string} label
 * @property {string} place
 * @property {string} about
 * @property {HTMLButtonElement} button
 * @property {HTMLElement} panel
 * @property {Terminal | null} terminal opened when it is shown first
 */

export class Tabs {
  /**
   * @param {() => boolean} isRunning whether the machine is
   * @param {() => void} wake starts it
   */
  constructor(isRunning, wake) {
    this.isRunning = isRunning;
    this.wake = wake;
    /** @type {Tab[]} */
    this.tabs = [];
    /** @type {Tab | null} */
    this.shown = null;
    /** @type {Element | null} */
    this.lastFocus = null;
    byId("terminal-copy").textContent = isMac ? "copy ⌘C, paste ⌘V" : "copy Ctrl+Shift+C, paste Ctrl+Shift+V";
    list.addEventListener("keydown", (event) => this.moveByKey(event));
    toggle.addEventListener("click", () => this.setOpen(!this.isOpen));
    document.addEventListener("keydown", (event) => this.crossByKey(event));
    new ResizeObserver(() => this.openTerminal()).observe(panels);
  }

  /** Adds those that are not there yet; open terminals stay. @param {Zone[]} zones */
  setZones(zones) {
    this.add("machine", "machine", "A shell on the lab's machine.");
    this.add("machine 2", "machine", "A second shell on the lab's machine.");
    for (const { name, about } of zones) this.add(name, `zone:${name}`, `A shell in the zone ${name}${about ? `: ${about}` : ""}.`);
    if (!this.shown) this.show(this.tabs[0]);
  }

  /**
   * @param {string} label
   * @param {string} place
   * @param {string} about
   */
  add(label, place, about) {
    if (this.tabs.some((tab) => tab.label === label)) return;
    const id = `terminal-${this.tabs.length + 1}`;
    const attributes = { type: "button", role: "tab", id: `${id}-tab`, "aria-controls": id, "aria-selected": "false", tabindex: -1 };
    const button = element("button", { ...attributes, title: about }, label);
    const panel = element("div", { role: "tabpanel", id, "aria-labelledby": button.id, hidden: true });
    /** @type {Tab} */
    const tab = { label, place, about, button, panel, terminal: null };
    button.addEventListener("click", () => {
      this.setOpen(true);
      this.show(tab);
    });
    this.tabs.push(tab);
    list.append(button);
    panels.append(panel);
  }

  /** @param {Tab} tab */
  show(tab) {
    this.shown = tab;
    for (const other of this.tabs) {
      const isShown = other === tab;
      other.button.setAttribute("aria-selected", String(isShown));
      other.button.tabIndex = isShown ? 0 : -1;
      other.panel.hidden = !isShown;
    }
    about.textContent = tab.about;
    this.openTerminal();
  }

  /** Not before its panel has a size: in one column the terminals are closed at first. */
  openTerminal() {
    const tab = this.shown;
    if (!tab || tab.panel.clientHeight === 0) return;
    tab.terminal ??= new Terminal(tab.panel, tab.label, tab.place, this.isRunning, this.wake);
    tab.terminal.fit();
  }

  get isOpen() {
    return section.dataset.open === "true";
  }

  /** Matters in one column only. @param {boolean} isOpen */
  setOpen(isOpen) {
    section.dataset.open = String(isOpen);
    toggle.setAttribute("aria-expanded", String(isOpen));
    toggle.textContent = isOpen ? "Hide" : "Show";
    this.openTerminal();
  }

  /** As in every list of tabs. @param {KeyboardEvent} event */
  moveByKey(event) {
    if (!this.shown || event.ctrlKey || event.altKey || event.metaKey) return;
    const last = this.tabs.length - 1;
    const index = this.tabs.indexOf(this.shown);
    const next = { ArrowRight: index === last ? 0 : index + 1, ArrowLeft: index === 0 ? last : index - 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.show(this.tabs[next]);
    this.tabs[next].button.focus();
  }

  /** @param {KeyboardEvent} event */
  crossByKey(event) {
    if (!isLeaveKey(event) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    if (panels.contains(document.activeElement)) {
      this.findReturn().focus();
      return;
    }
    this.lastFocus = document.activeElement;
    this.setOpen(true);
    this.shown?.terminal?.focus();
  }

  /** @returns {HTMLElement} where the user came from, or the tasks */
  findReturn() {
    const last = this.lastFocus;
    const isUsable = last instanceof HTMLElement && last !== document.body && !section.contains(last);
    return isUsable && last.checkVisibility() ? last : byId("tasks");
  }

  /** The machine runs again. */
  connectNow() {
    for (const { terminal } of this.tabs) terminal?.connectNow();
  }

  /**
   * Types a command into the visible terminal of the machine.
   * @param {string} command
   * @returns {string} why it cannot; empty if it does
   */
  type(command) {
    this.setOpen(true);
    if (this.shown?.place !== "machine") this.show(this.tabs[0]);
    return this.shown?.terminal?.type(command) ?? "the terminal is not open";
  }
}

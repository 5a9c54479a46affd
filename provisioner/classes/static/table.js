// The table of the learners: rows by slug, brought up to date in place, sorted and filtered.
// @ts-check

import { durationText, serverTime } from "/static/duration.js";
import { byId, element, setText } from "/static/element.js";
import { arrange } from "./arrangement.js";
import { matches, sort } from "./order.js";
import { Row } from "./row.js";

const COLUMNS = ["Learner", "Exercise", "Attempts", "Hints", "Points"];
const LAST_COLUMNS = ["Last reason", "Activity", "Actions"];

/**
 * @typedef {object} View
 * @property {import("./order.js").Order} order
 * @property {string} filter
 * @property {boolean} helpOnly
 * @property {string} held slug of a row that stays where it is: its menu is open
 */

export class Table {
  /**
   * @param {import("./names.js").Names} names
   * @param {(slug: string, button: HTMLElement) => void} openMenu
   */
  constructor(names, openMenu) {
    this.names = names;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.columns = "";
    this.head = /** @type {HTMLTableSectionElement} */ (byId("board").querySelector("thead"));
    this.body = /** @type {HTMLTableSectionElement} */ (byId("board").querySelector("tbody"));
    this.body.addEventListener("click", ({ target }) => {
      const button = target instanceof Element && target.closest("button");
      const slug = button && button.closest("tr")?.dataset.slug;
      if (!slug) return;
      if (button.dataset.action === "menu") openMenu(slug, button);
      else this.rows.get(slug)?.toggleReason();
    });
    this.body.addEventListener("keydown", (event) => this.moveFocus(event));
  }

  /**
   * @param {Board} board
   * @param {Busy} busy
   * @param {number} age seconds since the board was received
   * @param {View} view
   */
  update(board, busy, age, view) {
    this.showHead(board.exercises);
    const entries = this.names.label(board.rows);
    const time = serverTime();
    const focused = document.activeElement?.closest("tr") ?? null;
    let shown = 0;
    for (const entry of entries) {
      const { slug } = entry.row;
      const row = this.rows.get(slug) ?? this.add(slug, board.exercises);
      row.update(entry, busy[slug] ?? "", time, age, (text) => this.names.mask(text));
      const isMatch = matches(entry, view.filter, view.helpOnly);
      const hides = !isMatch && row.element !== focused && slug !== view.held; // what has the focus must not vanish
      if (row.element.hidden !== hides) row.element.hidden = hides;
      if (isMatch) shown += 1;
    }
    for (const [slug, row] of this.rows) if (!this.names.entries.has(slug)) this.remove(slug, row);
    if (!view.held) this.arrange(entries, view.order, focused);
    setText(byId("shown"), shown === entries.length ? `${shown} learners` : `${shown} of ${entries.length} learners`);
  }

  /**
   * @param {Entry[]} entries
   * @param {import("./order.js").Order} order
   * @param {Element | null} focused
   */
  arrange(entries, order, focused) {
    const wanted = sort(entries, order).map(({ row }) => /** @type {Row} */ (this.rows.get(row.slug)).element);
    arrange(this.body, wanted, focused && this.body.contains(focused) ? focused : null);
  }

  /** Another lab has other columns. @param {BoardExercise[]} exercises */
  showHead(exercises) {
    const columns = JSON.stringify(exercises.map(({ name, title }) => [name, title]));
    if (columns !== this.columns) {
      this.columns = columns;
      this.rows.clear();
      this.body.replaceChildren();
      const marks = exercises.map(({ name, title }) => header(name, "mark", title));
      const cells = [...COLUMNS.map(plain), ...marks, ...LAST_COLUMNS.map(plain)];
      this.head.replaceChildren(element("tr", { role: "row" }, ...cells));
    }
    const medians = this.head.querySelectorAll(".median");
    for (const [index, { median }] of exercises.entries()) {
      setText(/** @type {HTMLElement} */ (medians[index]), median === null ? "" : `median ${durationText(median)}`);
    }
  }

  /**
   * @param {string} slug
   * @param {BoardExercise[]} exercises
   */
  add(slug, exercises) {
    const row = new Row(slug, exercises);
    this.rows.set(slug, row);
    this.body.append(row.element);
    return row;
  }

  /** @param {string} slug @param {Row} row */
  remove(slug, row) {
    this.rows.delete(slug);
    if (row.element.contains(document.activeElement)) byId("learners").focus({ preventScroll: true });
    row.element.remove();
  }

  /** Arrow keys: the same button of the next row. @param {KeyboardEvent} event */
  moveFocus(event) {
    const { key, target } = event;
    if ((key !== "ArrowDown" && key !== "ArrowUp") || !(target instanceof HTMLButtonElement)) return;
    const selector = `tr:not([hidden]) button[data-action="${target.dataset.action}"]:not([hidden])`;
    const buttons = [.../** @type {NodeListOf<HTMLElement>} */ (this.body.querySelectorAll(selector))];
    buttons[buttons.indexOf(target) + (key === "ArrowDown" ? 1 : -1)]?.focus();
    event.preventDefault();
  }
}

/** @param {string} label */
function plain(label) {
  return element("th", { scope: "col", role: "columnheader", class: label.toLowerCase().replace(" ", "-") }, label);
}

/**
 * @param {string} name
 * @param {string} kind
 * @param {string} title
 */
function header(name, kind, title) {
  const words = element("span", { class: "visually-hidden" }, ` ${title} `);
  const median = element("span", { class: "median second" });
  return element("th", { scope: "col", role: "columnheader", class: kind, title }, name, words, median);
}

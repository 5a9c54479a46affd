// One learner's row. A new board touches only the texts that differ, so that focus, selection and scrolling stay.
// @ts-check

import { durationText, elapsedText } from "/static/duration.js";
import { element, setText } from "/static/element.js";
import { markExercise, showExercise } from "./mark.js";

/** @type {Record<SeatState, string>} */
const SEATS = {
  running: "",
  missing: "no machine yet",
  starting: "machine starts",
  stopped: "machine stopped",
  broken: "machine broken",
  laptop: "own laptop",
};

const BUTTON = { type: "button", "aria-expanded": "false" };

export class Row {
  /**
   * @param {string} slug
   * @param {BoardExercise[]} exercises
   */
  constructor(slug, exercises) {
    this.exercises = exercises;
    this.name = element("span", { class: "name" });
    this.machine = element("span", { class: "tag machine", hidden: true });
    this.activity = element("span", { class: "tag busy", hidden: true });
    this.raised = element("span", { class: "tag" });
    this.question = element("span", { class: "question" });
    this.hand = element("p", { class: "hand", hidden: true }, this.raised, " ", this.question);
    this.points = element("span");
    this.total = element("span", { class: "second" });
    this.place = element("span", { class: "place" });
    this.stuck = element("span", { class: "tag stuck", hidden: true }, "stuck");
    this.since = element("span", { class: "second" });
    this.attempts = cell("Attempts", "number");
    this.hints = cell("Hints", "number");
    this.marks = exercises.map((exercise) => markExercise(exercise));
    this.reason = element("span");
    this.expand = element("button", { ...BUTTON, class: "reason", "data-action": "expand", hidden: true }, this.reason);
    this.idle = element("span");
    this.connected = element("span", { class: "second" });
    this.menu = element("button", { ...BUTTON, class: "more", "data-action": "menu", "aria-haspopup": "menu" }, "⋯");
    this.element = element(
      "tr",
      { role: "row", "data-slug": slug },
      element("th", { scope: "row", role: "rowheader" }, this.name, " ", this.machine, " ", this.activity, this.hand),
      cell("Exercise", "at", this.place, " ", this.stuck, " ", this.since),
      this.attempts,
      this.hints,
      cell("Points", "points", this.points, " ", this.total),
      ...this.marks.map(({ cell }) => cell),
      cell("Last reason", "why", this.expand),
      cell("Activity", "active", this.idle, " ", this.connected),
      cell("Actions", "actions", this.menu),
    );
  }

  /**
   * @param {Entry} entry
   * @param {string} busy what runs at the seat
   * @param {number} time seconds since 1970
   * @param {number} age seconds since the board was received
   * @param {(text: string) => string} mask
   */
  update({ row, label }, busy, time, age, mask) {
    setText(this.name, label);
    setAttribute(this.menu, "aria-label", `Actions for ${label}`);
    show(this.machine, SEATS[row.state] ?? row.state);
    show(this.activity, busy && `${busy} …`);
    this.hand.hidden = !row.hand;
    setText(this.raised, row.hand ? `hand ${elapsedText(time - row.hand.time)}` : "");
    setText(this.question, row.hand ? mask(row.hand.text) : "");
    setText(this.place, row.exercise ?? "all done");
    this.stuck.hidden = !row.stuck;
    setText(this.since, row.since === null || row.exercise === null ? "" : elapsedText(time - row.since));
    setText(this.attempts, `${row.attempts}`);
    setText(this.hints, `${row.hints}`);
    setText(this.points, `${row.points}`);
    setText(this.total, `${row.done} of ${row.total}`);
    setText(this.reason, mask(row.reasons.join("\n")));
    this.expand.hidden = !row.reasons.length;
    setText(this.idle, row.idle === null ? "not begun" : idleText(row.idle + age));
    setText(this.connected, connectedText(row.connected));
    for (const [index, mark] of this.marks.entries()) {
      const exercise = this.exercises[index];
      const same = row.exercises[index]?.name === exercise.name; // as a rule; else somebody is at another lab
      showExercise(mark, exercise, same ? row.exercises[index] : row.exercises.find(({ name }) => name === exercise.name));
    }
    const state = row.hand ? "hand" : row.stuck || row.state === "broken" ? "stuck" : row.exercise === null ? "done" : "";
    setAttribute(this.element, "data-state", state);
  }

  toggleReason() {
    setAttribute(this.expand, "aria-expanded", this.expand.getAttribute("aria-expanded") === "true" ? "false" : "true");
  }
}

/**
 * @param {string} label for cards, which have no header
 * @param {string} kind a class
 * @param {...(string | Node)} children
 */
function cell(label, kind, ...children) {
  return element("td", { role: "cell", class: kind, "data-label": label }, ...children);
}

/** Hidden where there is nothing to say. @param {HTMLElement} target @param {string} text */
function show(target, text) {
  setText(target, text);
  if (target.hidden !== !text) target.hidden = !text;
}

/** @param {Element} target @param {string} name @param {string} value */
function setAttribute(target, name, value) {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/** @param {number} seconds */
function idleText(seconds) {
  return seconds < 60 ? "active" : `idle ${durationText(seconds)}`;
}

/** @param {number} browsers */
function connectedText(browsers) {
  if (!browsers) return "not connected";
  return browsers === 1 ? "connected" : `${browsers} browsers`;
}

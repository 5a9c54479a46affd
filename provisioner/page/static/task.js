// One task: what to do, its state, the last check, hints, map, solution, and the explanation once it is done.
// @ts-check

import { notify } from "./activity.js";
import { confirm } from "./dialog.js";
import { element, setMarkup, setText } from "./element.js";
import { drawMap } from "./map.js";
import { predictionForm } from "./prediction.js";
import { addButtons, copyButton, snippet } from "./snippet.js";

/** @typedef {import("./operation.js").Operations} Operations */

/** @type {Record<ExerciseState, string>} */
const SIGNS = { "": "○", tried: "◐", done: "✓", shown: "◇" };

/** @type {Record<Outcome, string>} */
export const OUTCOMES = { done: "✓ done", "not yet": "✗ not yet", "cannot tell": "? cannot tell", "not checked": "– not checked" };

/** @param {Exercise} exercise */
function stateText({ state, attempts }) {
  const times = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return { "": "not tried yet", tried: `not done yet, ${times}`, done: "done", shown: "solution shown" }[state];
}

export class Task {
  /**
   * @param {Exercise} exercise
   * @param {Operations} operations
   * @param {{check: (target: string) => void, type: (command: string) => void}} actions type: into the machine's terminal
   */
  constructor(exercise, operations, { check, type }) {
    this.exercise = exercise;
    this.operations = operations;
    this.type = type;
    this.reasons = "";
    const id = `task-${exercise.number}`;
    this.title = element("h3", { id: `${id}-title` });
    this.state = element("span", { class: "state" });
    this.points = element("span");
    this.after = element("p", { class: "note" });
    this.text = element("div", { class: "prose" });
    this.verdict = element("div", { class: "result" });
    this.prediction = element("div", { class: "result" });
    this.map = element("div", { class: "result" });
    this.hints = element("div", { class: "result prose" });
    this.solution = element("div", { class: "result" });
    this.explanation = element("div", { class: "prose" });
    this.why = element("details", { class: "why", hidden: true }, element("summary", {}, "Explanation"), this.explanation);
    this.predict = operations.button("Predict", () => void this.askPrediction());
    this.section = element(
      "section",
      { id, class: "task", "aria-labelledby": this.title.id },
      element("header", {}, this.title, element("p", { class: "facts" }, this.state, this.points)),
      this.after,
      this.text,
      element(
        "div",
        { class: "buttons", role: "group", "aria-labelledby": this.title.id },
        operations.button("Check", () => check(this.target), { class: "strong" }),
        operations.button("Hint", () => void this.showHint()),
        this.predict,
        operations.button("Map", () => void drawMap(operations, this.target, this.map), { class: "map-button" }),
        operations.button("Show solution", () => void this.showSolution()),
      ),
      this.verdict,
      this.prediction,
      this.map,
      this.hints,
      this.solution,
      this.why,
    );
    this.link = element("a", { href: `#${id}` });
  }

  get target() {
    return this.exercise.name;
  }

  /**
   * @param {Exercise} exercise
   * @param {string[]} missing what it builds on and is not done
   */
  update(exercise, missing) {
    const isFirst = !this.title.textContent;
    this.exercise = exercise;
    const { state, name, title, points } = exercise;
    setText(this.title, `${name} ${title}`);
    setText(this.points, points === 1 ? "1 point" : `${points} points`);
    setText(this.state, `${SIGNS[state]} ${stateText(exercise)}`);
    setText(this.link, `${SIGNS[state]} ${name}`);
    this.link.title = `${title}: ${stateText(exercise)}`;
    this.link.setAttribute("aria-label", `${name} ${title}: ${stateText(exercise)}`);
    this.section.dataset.state = this.link.dataset.state = state;
    this.after.hidden = !missing.length;
    setText(this.after, `Builds on ${missing.join(", ")}: do that first.`);
    if (setMarkup(this.text, exercise.task)) addButtons(this.text, this.type);
    this.predict.hidden = !exercise.predictable;
    const appears = this.why.hidden && exercise.why !== null;
    this.why.hidden = exercise.why === null;
    if (setMarkup(this.explanation, exercise.why ?? "")) addButtons(this.explanation, this.type);
    if (appears && !isFirst) this.why.open = true;
    this.showReasons(exercise);
    if (exercise.hints.length && !this.hints.hasChildNodes()) this.showHints([], exercise.hints, false);
  }

  /** What a check of this page has shown stays until the server knows something else. @param {Exercise} exercise */
  showReasons({ reasons, state }) {
    const text = reasons.join("\n");
    if (text === this.reasons) return;
    this.reasons = text;
    if (state === "done" || !text) this.verdict.replaceChildren();
    else this.showLines("✗ not yet", text);
  }

  /** @param {CheckedExercise} checked */
  showVerdict({ outcome, lines, seconds }) {
    this.showLines(`${OUTCOMES[outcome]}${seconds >= 1 ? ` (${Math.round(seconds)} s)` : ""}`, lines.join("\n"));
  }

  /**
   * @param {string} outcome
   * @param {string} text
   */
  showLines(outcome, text) {
    this.verdict.replaceChildren(element("h4", {}, `Last check: ${outcome}`));
    if (text) this.verdict.append(element("pre", { class: "lines" }, text));
  }

  async showHint() {
    const result = await this.operations.run(`Hint for ${this.target}`, "hint", { target: this.target });
    if (!result) return;
    this.showHints(result.now, result.hints, result.last);
    this.reveal(this.hints);
  }

  /**
   * @param {string[]} now what fits what was tried
   * @param {string[]} hints all that were shown so far
   * @param {boolean} last
   */
  showHints(now, hints, last) {
    this.hints.replaceChildren(element("h4", { tabindex: -1 }, "Hints"));
    if (now.length) this.hints.append(element("p", { class: "note" }, "For what you tried:"), hintList("ul", now));
    if (hints.length) this.hints.append(hintList("ol", hints));
    if (!now.length && !hints.length) this.hints.append(element("p", {}, "This exercise has no hints."));
    else if (last) this.hints.append(element("p", { class: "note" }, "That was the last hint."));
  }

  /** Where the result is, for the eyes and for screen readers. @param {HTMLElement} result */
  reveal(result) {
    result.querySelector("h4")?.focus({ preventScroll: true });
    result.scrollIntoView({ block: "nearest" });
  }

  async askPrediction() {
    const asked = await this.operations.run(`Prediction for ${this.target}`, "ways", { target: this.target });
    if (!asked) return;
    const submit = (/** @type {boolean[]} */ guesses) => this.operations.whenFree(() => void this.predictAndLook(guesses, asked.stage));
    const form = predictionForm(asked, submit, () => this.closePrediction());
    this.prediction.replaceChildren(form);
    form.querySelector("input")?.focus();
  }

  closePrediction() {
    this.prediction.replaceChildren();
    this.predict.focus();
  }

  /**
   * @param {boolean[]} guesses
   * @param {"now" | "after"} stage
   */
  async predictAndLook(guesses, stage) {
    const details = { target: this.target, guesses, after: stage === "after" };
    if (!(await this.operations.run(`Prediction for ${this.target}`, "predict", details))) return;
    this.closePrediction();
    if (stage === "now") await drawMap(this.operations, this.target, this.map);
    else notify("Your prediction is recorded. Make the change, then Map shows it beside what is observed.");
  }

  async showSolution() {
    const isOver = this.exercise.state === "done" || this.exercise.state === "shown";
    const text = `${this.target} then counts as "solution shown", without its points.`;
    if (!isOver && !(await confirm(`Show the solution of ${this.target}?`, text, "Show solution"))) return;
    const result = await this.operations.run(`Solution of ${this.target}`, "solution", { target: this.target });
    if (!result) return;
    const block = element("pre", {}, element("code", {}, result.text.trimEnd()));
    const run = this.operations.button("Run on the machine…", () => void this.solve());
    this.solution.replaceChildren(element("h4", { tabindex: -1 }, "Solution"), snippet(block, copyButton(result.text), run));
    this.reveal(this.solution);
  }

  async solve() {
    const what = `Running the solution of ${this.target}`;
    if (!(await confirm(`Run the solution of ${this.target}?`, "It changes the machine.", "Run"))) return;
    await this.operations.run(what, "solve", { target: this.target }, () => `${what}: finished`);
  }
}

/**
 * Hints are plain text, with commands between backquotes.
 * @param {"ul" | "ol"} kind
 * @param {string[]} hints
 */
function hintList(kind, hints) {
  const list = element(kind);
  for (const hint of hints) {
    const parts = hint.split(/`([^`]+)`/).map((part, index) => (index % 2 ? element("code", {}, part) : part));
    list.append(element("li", {}, ...parts));
  }
  return list;
}

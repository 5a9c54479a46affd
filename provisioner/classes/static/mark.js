// What a learner has done of one exercise, and how long it took beside the rest of the class.
// @ts-check

import { durationText } from "/static/duration.js";
import { element, setText } from "/static/element.js";

const SLOW = 2; // times the class's median

/** @type {Record<ExerciseState, string>} */
const SIGNS = { "": "–", tried: "◐", done: "✓", shown: "◇" };

/** @type {Record<ExerciseState, string>} */
const WORDS = { "": "not done", tried: "tried", done: "done", shown: "solution shown" };

/**
 * @typedef {object} Mark
 * @property {HTMLTableCellElement} cell
 * @property {HTMLElement} sign
 * @property {HTMLElement} words for screen readers, instead of the sign
 * @property {HTMLElement} time
 */

/**
 * @param {BoardExercise} exercise
 * @returns {Mark}
 */
export function markExercise({ name }) {
  const sign = element("span", { class: "sign", "aria-hidden": "true" });
  const words = element("span", { class: "visually-hidden" });
  const time = element("span", { class: "second" });
  return { cell: element("td", { role: "cell", class: "mark", "data-label": name }, sign, words, " ", time), sign, words, time };
}

/**
 * @param {Mark} mark
 * @param {BoardExercise} exercise
 * @param {RowExercise | undefined} own what the learner did of it; undefined: it is of another lab
 */
export function showExercise({ cell, sign, words, time }, { median }, own) {
  const state = own?.state ?? "";
  const isSlow = own !== undefined && median !== null && own.seconds > SLOW * median;
  const kind = isSlow ? `${state} slow` : state;
  if (cell.dataset.state !== kind) cell.dataset.state = kind;
  setText(sign, `${SIGNS[state]}${isSlow ? " ▲" : ""}`);
  setText(words, `${WORDS[state]}${isSlow ? ", more than twice the median time" : ""}`);
  setText(time, own?.seconds ? durationText(own.seconds) : "");
  const details = own ? `${count(own.attempts, "attempt")}, ${count(own.hints, "hint")}` : "";
  if (cell.title !== details) cell.title = details;
}

/**
 * @param {number} number
 * @param {string} noun
 */
function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

// All tasks of the lab: their list, how many are done, and checks, whose results belong to several of them.
// @ts-check

import { announce } from "./activity.js";
import { confirm } from "./dialog.js";
import { byId, element, setText } from "./element.js";
import { OUTCOMES, Task } from "./task.js";

/** @typedef {import("./operation.js").Operations} Operations */

const list = byId("task-list");
const links = byId("task-links");
const notes = byId("notes");
const progressText = byId("progress-text");
const progressBar = /** @type {HTMLProgressElement} */ (byId("progress-bar"));
const quick = /** @type {HTMLInputElement} */ (byId("quick"));

const DISRUPTION =
  "What must survive a restart or a reboot is tried on a copy of the machine, and this one cannot be copied. Shall the machine itself " +
  "be restarted, and its containers made anew? Without that, this part is not checked.";

export class Tasks {
  /**
   * @param {Operations} operations
   * @param {(command: string) => void} type into the machine's terminal
   */
  constructor(operations, type) {
    this.operations = operations;
    this.type = type;
    this.canCopy = true;
    /** @type {Map<string, Task>} */
    this.tasks = new Map();
  }

  /** @param {Lab} lab */
  update({ exercises, machine, can_copy }) {
    this.canCopy = can_copy || machine.state !== "running";
    const open = new Set(exercises.filter(({ state }) => state === "" || state === "tried").map(({ name }) => name));
    for (const exercise of exercises) {
      const missing = open.has(exercise.name) ? exercise.after.filter((name) => open.has(name)) : [];
      const task = this.tasks.get(exercise.id) ?? this.add(exercise);
      task.update(exercise, missing);
    }
    const done = exercises.filter(({ state }) => state === "done");
    setText(progressText, `${done.length} of ${exercises.length} done, ${sum(done)} of ${sum(exercises)} points`);
    progressBar.max = sum(exercises) || 1;
    progressBar.value = sum(done);
  }

  /** @param {Exercise} exercise */
  add(exercise) {
    const task = new Task(exercise, this.operations, { check: (target) => void this.check(target), type: this.type });
    this.tasks.set(exercise.id, task);
    list.append(task.section);
    links.append(element("li", {}, task.link));
    return task;
  }

  /** @param {string} target */
  async check(target) {
    const disruptive = !quick.checked && !this.canCopy && (await confirm(`Check ${target}`, DISRUPTION, "Restart it"));
    const details = { target, quick: quick.checked, disruptive };
    const result = await this.operations.run(`Check ${target}`, "check", details, (r) => summary(target, r));
    if (result) this.show(result);
  }

  /** @param {CheckResult} result */
  show(result) {
    for (const checked of result.exercises) this.tasks.get(checked.id)?.showVerdict(checked);
    notes.replaceChildren(...result.notes.map((note) => element("p", {}, note)));
  }

  /** The server has checked by itself: only what became done is said aloud. @param {CheckResult} result */
  showWatched(result) {
    const finished = result.exercises.filter(({ id, outcome }) => outcome === "done" && this.tasks.get(id)?.exercise.state !== "done");
    this.show(result);
    if (finished.length) announce(finished.map(({ title }) => `Done: ${title}`).join(". "));
  }
}

/**
 * @param {string} target
 * @param {CheckResult} result
 */
function summary(target, { exercises }) {
  if (exercises.length === 1) return `Check ${target}: ${OUTCOMES[exercises[0].outcome]}`;
  return `Check ${target}: ${exercises.filter(({ outcome }) => outcome === "done").length} of ${exercises.length} done`;
}

/** @param {{points: number}[]} exercises */
function sum(exercises) {
  return exercises.reduce((total, { points }) => total + points, 0);
}

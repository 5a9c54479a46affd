// What changes the whole machine: start, reset, go to an exercise, save and restore. All that loses something asks first.
// @ts-check

import { askName, choose, confirm } from "./dialog.js";
import { byId } from "./element.js";

/** @typedef {import("./operation.js").Operations} Operations */

export class Menu {
  /**
   * @param {Operations} operations
   * @param {() => Lab} lab
   */
  constructor(operations, lab) {
    this.operations = operations;
    this.lab = lab;
    this.start = operations.button("Start machine", () => void operations.run("Starting the machine", "up"), { class: "strong" });
    this.save = operations.button("Save…", () => void this.saveMachine());
    this.restore = operations.button("Restore…", () => void this.restoreMachine());
    byId("menu").append(
      this.start,
      operations.button("Reset…", () => void this.reset()),
      operations.button("Go to exercise…", () => void this.goTo()),
      this.save,
      this.restore,
    );
  }

  /** @param {Lab} lab */
  update(lab) {
    if (this.start === document.activeElement && lab.machine.state === "running") byId("title").focus(); // it is about to be hidden
    this.start.hidden = lab.machine.state === "running";
    this.save.hidden = !lab.can_save;
    this.restore.hidden = !lab.saves.length;
  }

  async reset() {
    const text = "The machine's disk is lost, with all that you changed on it. The machine starts anew. Your points stay.";
    if (await confirm("Reset the machine?", text, "Reset")) await this.operations.run("Resetting the machine", "reset");
  }

  async goTo() {
    const options = this.lab().exercises.map(({ name, title }) => ({ value: name, label: `${name} ${title}` }));
    const text = "The machine's disk is lost. The machine starts anew, with the exercises before this one solved:";
    const target = await choose("Go to exercise", text, "Go", options);
    if (target) await this.operations.run(`Going to ${target}`, "goto", { target });
  }

  async saveMachine() {
    const name = await askName("Save the machine's state", "Name:", "Save");
    if (!name) return;
    const text = `"${name}" exists already. It is replaced.`;
    if (this.lab().saves.includes(name) && !(await confirm("Replace it?", text, "Replace"))) return;
    await this.operations.run(`Saving ${name}`, "save", { name });
  }

  async restoreMachine() {
    const options = this.lab().saves.map((name) => ({ value: name, label: name }));
    const text = "The machine goes back to what was saved. What you changed since then is lost:";
    const name = await choose("Restore a saved state", text, "Restore", options);
    if (name) await this.operations.run(`Restoring ${name}`, "restore", { name });
  }
}

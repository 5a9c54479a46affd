// What the trainer does to a seat, or to all of them. All that loses something asks first.
// @ts-check

import { choose, confirm, show } from "/static/dialog.js";
import { button, element } from "/static/element.js";
import { notify, showError } from "./notices.js";
import { look } from "./screen.js";

const LOSS = "Disks are removed, with everything that was changed on them, and cannot be brought back.";

export class Actions {
  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./names.js").Names} names
   * @param {() => Board | null} board
   */
  constructor(connection, names, board) {
    this.connection = connection;
    this.names = names;
    this.board = board;
  }

  /**
   * @param {BoardRow} row
   * @param {boolean} busy whether something runs at this seat
   * @returns {import("./menu.js").Item[]}
   */
  of({ slug, hand, laptop }, busy) {
    const label = this.names.of(slug);
    const items = [{ label: "Message…", action: () => void this.sendMessage(slug) }];
    if (hand) items.push({ label: "Lower hand", action: () => void this.run(`Lowering the hand of ${label}`, "lower", { to: slug }) });
    if (laptop) return items; // the machine is not on this host
    const machine = [
      { label: "Look at terminal…", action: () => look(slug, label) },
      { label: "Quick check", action: () => void this.run(`Check of ${label}`, "check", { to: slug }, "finished") },
      { label: "Go to exercise…", action: () => void this.goTo(slug) },
      { label: "Reset…", action: () => void this.reset(slug) },
    ];
    return [...items, ...machine.map((item) => ({ ...item, busy: busy && item.label !== machine[0].label }))];
  }

  /**
   * @template {keyof BoardRequests} Name
   * @param {string} what
   * @param {Name} name
   * @param {BoardRequests[Name]} details
   * @param {string} [end] what is said when it succeeds
   * @returns {Promise<unknown>} the answer; null: it failed, which has been shown then
   */
  async run(what, name, details, end = "done") {
    try {
      const result = (await this.connection.request(name, details)) ?? {};
      notify(`${what}: ${end}`);
      return result;
    } catch (error) {
      this.showError(what, error);
      return null;
    }
  }

  /** @param {string} slug */
  async sendMessage(slug) {
    const label = this.names.of(slug);
    const text = await askText(`Message to ${label}`, "Text:", "Send");
    if (text) await this.run(`Message to ${label}`, "message", { to: slug, text }, "sent");
  }

  /** @param {string} slug */
  async goTo(slug) {
    const label = this.names.of(slug);
    const options = (this.board()?.exercises ?? []).map(({ name, title }) => ({ value: name, label: `${name} ${title}` }));
    const text = `${LOSS} The machine starts anew, with the exercises before this one solved:`;
    const target = await choose(`Move ${label} to another exercise?`, text, "Remove disks and go", options);
    if (target) await this.run(`Moving ${label} to ${target}`, "goto", { to: slug, target });
  }

  /** @param {string} slug empty: all */
  async reset(slug) {
    const number = this.board()?.rows.filter(({ laptop }) => !laptop).length ?? 0;
    const whose = slug ? `the seat of ${this.names.of(slug)}` : `all ${number} seats`;
    const text = `${LOSS} ${slug ? "The machine starts" : "All machines start"} anew. Points stay.`;
    if (!(await confirm(`Reset ${whose}?`, text, "Remove disks and reset"))) return;
    const problems = await this.run(`Reset of ${whose}`, "reset", { to: slug }, slug ? "done" : "finished");
    if (slug || !isRecord(problems)) return;
    for (const [learner, problem] of Object.entries(problems)) this.showError(`Reset of ${this.names.of(learner)}`, String(problem));
  }

  /** @param {string} what @param {unknown} error */
  showError(what, error) {
    showError(what, error, (text) => this.names.mask(text));
  }
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {string} title
 * @param {string} text
 * @param {string} label
 * @returns {Promise<string>} empty: nothing is to be sent
 */
function askText(title, text, label) {
  return new Promise((resolve) => {
    let answer = "";
    const attributes = { id: "dialog-text", type: "text", maxlength: 500, required: true, autocomplete: "off", autofocus: true };
    const field = element("input", attributes);
    const accept = () => {
      answer = field.value.trim();
      if (answer) dialog.close();
      else field.reportValidity();
    };
    const actions = [button("Cancel", () => dialog.close()), button(label, accept, { class: "strong" })];
    const dialog = show(title, [element("label", { for: field.id }, text), field], actions);
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      accept();
    });
    dialog.addEventListener("close", () => resolve(answer));
  });
}

// What the trainer has entered in a demonstration: a list, newest last, from which each command can be copied.
// @ts-check

import { announce } from "./activity.js";
import { clockText } from "./duration.js";
import { byId, element, setText } from "./element.js";
import { copyButton } from "./snippet.js";

const NEAR = 40; // pixels from its end, within which the list follows

export class Demo {
  constructor() {
    /** @type {Map<number, HTMLElement>} */
    this.items = new Map();
    this.isFirst = true; // what was there before is not read out
    this.count = element("span", { class: "note" });
    this.list = element("ol", { tabindex: 0, "aria-label": "Commands of the trainer" });
    this.details = element("details", { open: true }, element("summary", {}, "What the trainer did ", this.count), this.list);
    this.section = element("section", { id: "demo", "aria-label": "What the trainer did", hidden: true }, this.details);
  }

  /** @param {DemoNews} news */
  update({ removed, commands }) {
    const isNear = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR;
    for (const id of this.items.keys()) if (id <= removed) this.remove(id);
    for (const command of commands) this.add(command);
    this.section.hidden = !this.items.size;
    setText(this.count, `${this.items.size}`);
    if (isNear || this.isFirst) this.list.scrollTop = this.list.scrollHeight;
    const last = commands.at(-1);
    if (last && this.details.open && !this.isFirst) announce(`The trainer entered: ${last.text}`);
    this.isFirst = false;
  }

  /** @param {DemoCommand} command */
  add({ id, time, text }) {
    if (this.items.has(id)) return;
    const code = element("code", { id: `demo-${id}` }, text);
    const copy = copyButton(text);
    copy.setAttribute("aria-describedby", code.id);
    const item = element("li", {}, element("span", { class: "note" }, clockText(time)), element("pre", {}, code), copy);
    this.items.set(id, item);
    this.list.append(item);
  }

  /** @param {number} id */
  remove(id) {
    const item = this.items.get(id);
    const hadFocus = item?.contains(document.activeElement);
    item?.remove();
    this.items.delete(id);
    if (hadFocus) byId("title").focus({ preventScroll: true });
  }
}

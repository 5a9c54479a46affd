// Messages of the trainer, at the top of the window until somebody dismisses them.
// @ts-check

import { clockText } from "./duration.js";
import { button, byId, element } from "./element.js";

export class TrainerMessages {
  /** @param {(id: number) => void} tellRead tells the server; without a connection it does nothing */
  constructor(tellRead) {
    this.tellRead = tellRead;
    /** @type {Map<number, HTMLElement>} */
    this.shown = new Map();
    /** @type {Set<number>} */
    this.dismissed = new Set();
    /** @type {Element | null} */
    this.origin = null;
    // A live region must be there before its first message; each message is read out alone.
    this.list = element("div", { role: "status", "aria-atomic": "false", "aria-relevant": "additions" });
    this.section = element("section", { id: "trainer-messages", "aria-label": "Messages of the trainer" }, this.list);
    this.section.addEventListener("focusin", ({ relatedTarget }) => {
      if (relatedTarget instanceof Element && !this.section.contains(relatedTarget)) this.origin = relatedTarget;
    });
  }

  /** @param {TrainerMessage[]} messages that are not read */
  update(messages) {
    const current = new Set(messages.map(({ id }) => id));
    for (const id of this.shown.keys()) if (!current.has(id)) this.remove(id);
    for (const message of messages) {
      if (this.dismissed.has(message.id)) this.tellRead(message.id); // once more: it may have been lost
      else if (!this.shown.has(message.id)) this.add(message);
    }
  }

  /** @param {TrainerMessage} message */
  add({ id, time, text }) {
    const textId = `trainer-message-${id}`;
    const dismiss = () => {
      this.dismissed.add(id);
      this.remove(id);
      this.tellRead(id);
    };
    const item = element(
      "div",
      { class: "trainer-message" },
      element("p", { id: textId }, element("strong", {}, `Trainer, ${clockText(time)}: `), text),
      button("Dismiss", dismiss, { "aria-describedby": textId }),
    );
    this.shown.set(id, item);
    this.list.append(item);
  }

  /** @param {number} id */
  remove(id) {
    const item = this.shown.get(id);
    if (!item) return;
    const hadFocus = item.contains(document.activeElement);
    this.shown.delete(id);
    item.remove();
    if (!hadFocus) return;
    const next = this.list.querySelector("button") ?? this.origin;
    const target = next instanceof HTMLElement && next.isConnected ? next : byId("title");
    target.focus({ preventScroll: true });
  }
}

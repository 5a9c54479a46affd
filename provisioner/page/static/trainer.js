// What the trainer asks at a learner's terminals: to see one, then to type in it. It is in sight for as long as it is so.
// @ts-check

import { announce } from "./activity.js";
import { button, byId, element } from "./element.js";

/** @typedef {"look" | "typing"} Subject */

/** @type {Record<Subject, {asked: string, allowed: string, deny: string, stop: string, send: string}>} */
const TEXTS = {
  look: {
    asked: "Your trainer asks to see your terminal, from now on.",
    allowed: "Your trainer sees your terminal.",
    deny: "Not now",
    stop: "Stop",
    send: "",
  },
  typing: {
    asked: "Your trainer asks to type in your terminal.",
    allowed: "Your trainer can type in your terminal.",
    deny: "Deny",
    stop: "Stop typing",
    send: "-typing",
  },
};

export class TrainerVisit {
  /** @param {(message: object) => void} send */
  constructor(send) {
    this.send = send;
    this.rows = { look: new Row("look", send), typing: new Row("typing", send) };
    this.section = element(
      "section",
      { id: "trainer-visit", "aria-label": "Trainer at your terminal", hidden: true },
      this.rows.look.element,
      this.rows.typing.element,
    );
  }

  /** @param {Permission} look @param {Permission} typing */
  update(look, typing) {
    const hadFocus = this.section.contains(document.activeElement);
    this.rows.look.update(look);
    this.rows.typing.update(look === "allowed" ? typing : null);
    this.section.hidden = Object.values(this.rows).every((row) => row.element.hidden);
    document.documentElement.dataset.trainer = typing === "allowed" ? "types" : look === "allowed" ? "looks" : "";
    if (!hadFocus || this.section.contains(document.activeElement)) return; // what had it is gone
    const next = this.section.querySelector("button:not([hidden] *)") ?? byId("title");
    /** @type {HTMLElement} */ (next).focus({ preventScroll: true });
  }
}

class Row {
  /** @param {Subject} subject @param {(message: object) => void} send */
  constructor(subject, send) {
    this.subject = subject;
    this.send = send;
    /** @type {Permission} */
    this.state = null;
    this.element = element("div", { class: "visit", hidden: true });
  }

  /** @param {Permission} state */
  update(state) {
    if (state === this.state) return;
    const wasAllowed = this.state === "allowed";
    this.state = state;
    this.element.hidden = state !== "asked" && state !== "allowed";
    this.element.dataset.state = state ?? "";
    if (this.element.hidden) {
      this.element.replaceChildren();
      if (wasAllowed) announce(this.subject === "look" ? "Your trainer no longer sees your terminal." : "Your trainer can no longer type.");
      return;
    }
    const texts = TEXTS[this.subject];
    const isAsked = state === "asked";
    const text = isAsked ? texts.asked : texts.allowed;
    const allow = isAsked ? [button("Allow", () => this.send({ do: `allow${texts.send}` }), { class: "strong" })] : [];
    const deny = button(isAsked ? texts.deny : texts.stop, () => this.send({ do: `deny${texts.send}` }));
    this.element.replaceChildren(element("p", {}, text), element("div", { class: "buttons" }, ...allow, deny));
    announce(text);
  }
}

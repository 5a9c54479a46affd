// The class, on a learner's page: what the trainer says, asks and shows, a hand to raise, the time left. Only pages of a class have it.
// @ts-check

import { announce } from "./activity.js";
import { Demo } from "./demo.js";
import { clockText, remainingText, serverTime, setServerTime } from "./duration.js";
import { button, byId, element, setText } from "./element.js";
import { Socket } from "./socket.js";
import { TrainerMessages } from "./messages.js";
import { TrainerVisit } from "./trainer.js";

const TICK = 5000; // milliseconds between looks at the clock
const LAST_MINUTES = [2, 10]; // at which the clock's text changes, and is read out

/** @type {Classroom | null} */
let classroom = null;

/** @param {string | null | undefined} name of the class, if this page belongs to one */
export function joinClass(name) {
  if (name && !classroom) classroom = new Classroom(name);
}

class Classroom {
  /** @param {string} name */
  constructor(name) {
    /** @type {ClassState | null} */
    this.state = null;
    this.stage = Infinity;
    this.learner = element("span", { class: "learner" });
    this.clock = element("span", { class: "clock", hidden: true });
    this.text = element("input", { id: "hand-text", type: "text", maxlength: 200, autocomplete: "off" });
    this.form = element(
      "form",
      { submit: (event) => this.raise(event) },
      element("label", { for: "hand-text" }, "Question for the trainer (optional)"),
      this.text,
      element("button", { type: "submit" }, "Raise hand"),
    );
    this.hand = element("p", { class: "hand-state", role: "status" });
    this.lower = button("Lower hand", () => this.send({ do: "lower" }), { hidden: true });
    const facts = element("p", { class: "facts" }, element("strong", {}, `Class ${name}`), this.learner, this.clock);
    this.bar = element("section", { id: "classroom", "aria-label": `Class ${name}` }, facts, this.form, this.hand, this.lower);
    this.messages = new TrainerMessages((id) => this.socket.send({ do: "read", id }));
    this.visit = new TrainerVisit((message) => this.send(message));
    this.demo = new Demo();
    const notices = element("div", { id: "trainer-notices" }, this.visit.section, this.messages.section);
    const style = element("link", { rel: "stylesheet", href: "/static/classroom.css" });
    style.addEventListener("load", () => byId("top").before(notices, this.bar, this.demo.section));
    document.head.append(style);
    setInterval(() => this.showClock(), TICK);
    this.socket = new Socket("/class", {
      message: (message) => {
        if (message.class) this.update(message.class);
        if (message.demo) this.demo.update(message.demo);
      },
      connection: (isConnected) => this.bar.classList.toggle("lost", !isConnected),
    });
  }

  /** @param {ClassState} state */
  update(state) {
    setServerTime(state.now);
    this.state = state;
    setText(this.learner, state.learner);
    this.showHand(state.hand);
    this.messages.update(state.messages);
    this.visit.update(state.look, state.typing);
    this.showClock();
  }

  /** @param {Hand | null} hand */
  showHand(hand) {
    const isRaised = hand !== null;
    const hadFocus = this.form.contains(document.activeElement) || this.lower === document.activeElement;
    const changes = this.lower.hidden === isRaised;
    setText(this.hand, isRaised ? `Your hand is raised${hand.text ? `: ${hand.text}` : ""}` : "");
    this.form.hidden = isRaised;
    this.lower.hidden = !isRaised;
    if (!changes) return;
    if (isRaised) this.text.value = "";
    else announce("Your hand is lowered");
    if (hadFocus) (isRaised ? this.lower : this.text).focus({ preventScroll: true }); // what had it is hidden now
  }

  /** @param {Event} event */
  raise(event) {
    event.preventDefault();
    this.send({ do: "raise", text: this.text.value.trim() });
  }

  /** The answer is a new state. @param {object} message */
  send(message) {
    if (!this.socket.send(message)) setText(this.hand, "Not sent: no connection to the class. Try again in a moment.");
  }

  showClock() {
    const until = this.state?.until ?? null;
    this.clock.hidden = until === null;
    if (until === null) {
      this.stage = Infinity;
      return;
    }
    const seconds = until - serverTime();
    const stage = seconds <= 0 ? 0 : (LAST_MINUTES.find((minutes) => seconds <= minutes * 60) ?? Infinity);
    const text = clockSentence(until, seconds, stage);
    setText(this.clock, text);
    this.clock.dataset.stage = stage === Infinity ? "" : `${stage}`;
    if (stage < this.stage) announce(text);
    this.stage = stage;
  }
}

/**
 * @param {number} until
 * @param {number} seconds that are left
 * @param {number} stage
 */
function clockSentence(until, seconds, stage) {
  if (stage === 0) return "The time is over.";
  const left = `${remainingText(seconds)} left, until ${clockText(until)}`;
  return { 10: `${left}: finish what you are doing`, 2: `${left}: the class ends soon` }[stage] ?? left;
}

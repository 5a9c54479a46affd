// A learner's terminal, as the trainer sees it when the learner has allowed it, and types in it when they have allowed that, too.
// @ts-check

import { Terminal } from "/parts/xterm.mjs";
import { show } from "/static/dialog.js";
import { button, element, setText } from "/static/element.js";
import { followSystem } from "/static/palette.js";
import { Socket } from "/static/socket.js";

const STATES = {
  asked: "Waiting for the learner, who is asked whether you may look.",
  denied: "The learner does not want it now.",
  allowed: "What is written in the learner's terminal from now on. You cannot type here.",
};
const TYPING = {
  asked: "You see what is written. Waiting for the learner, who is asked whether you may type.",
  denied: "The learner does not want you to type. You see what is written.",
  allowed: "Your keys go to the learner's terminal. Ctrl+Shift+Enter leaves it.",
};
const [SMALLEST, LARGEST] = [12, 15]; // pixels of a letter
const [LETTER, LINE] = [0.62, 1.2]; // of a letter's size: how wide and how high it is
const [HEIGHT, AROUND] = [0.92, 200]; // of the window's height, as page.css has it; pixels of it that are no terminal
const PIECE = 16 * 1024; // bytes of one message: the server refuses those above 64 KiB
const encoder = new TextEncoder();

/**
 * Shows it until the dialog is closed.
 * @param {string} slug
 * @param {string} label the learner's name, or what stands for it
 */
export function look(slug, label) {
  new Look(slug, label);
}

class Look {
  /** @param {string} slug @param {string} label */
  constructor(slug, label) {
    /** @type {Permission} */
    this.permission = null;
    /** @type {Permission} */
    this.typing = null;
    this.isOpen = false;
    this.state = element("p", { role: "status" });
    this.frame = element("div", { class: "screen" });
    this.ask = button("Ask to type", () => this.request(), { hidden: true });
    const close = button("Close", () => this.dialog.close());
    this.dialog = show(`Terminal of ${label}`, [this.state, this.frame], [this.ask, close], "wide");
    this.terminal = this.openTerminal();
    this.socket = new Socket(`/board/screen?learner=${encodeURIComponent(slug)}`, {
      message: (message) => this.receive(message),
      bytes: (data) => this.terminal.write(new Uint8Array(data)),
      connection: (isConnected) => isConnected || this.lose(),
    });
    this.dialog.addEventListener("close", () => {
      this.socket.end();
      this.terminal.dispose();
    });
  }

  openTerminal() {
    const options = { minimumContrastRatio: 4.5, scrollback: 2000, screenReaderMode: true };
    const terminal = new Terminal({ ...options, disableStdin: true, cursorBlink: false });
    followSystem((palette) => (terminal.options.theme = palette));
    terminal.open(this.frame);
    stayMute(terminal);
    terminal.textarea?.setAttribute("aria-label", "Terminal of the learner; Ctrl+Shift+Enter leaves it");
    terminal.attachCustomKeyEventHandler((event) => this.goesToShell(event));
    terminal.onData((keys) => this.enter(encoder.encode(keys)));
    terminal.onBinary((keys) => this.enter(Uint8Array.from(keys, (character) => character.charCodeAt(0))));
    return terminal;
  }

  /** @param {KeyboardEvent} event */
  goesToShell(event) {
    if (this.typing !== "allowed") return !["Escape", "Tab"].includes(event.key); // which are the dialog's
    if (event.key === "Enter" && event.ctrlKey && event.shiftKey) {
      if (event.type === "keydown") this.ask.focus();
      return false;
    }
    return true;
  }

  /** @param {Uint8Array<ArrayBuffer>} keys */
  enter(keys) {
    if (this.typing !== "allowed") return;
    for (let start = 0; start < keys.length; start += PIECE) this.socket.sendPlain(keys.subarray(start, start + PIECE));
  }

  request() {
    this.socket.sendPlain(this.typing === "asked" || this.typing === "allowed" ? "stop" : "ask");
  }

  /** @param {ScreenMessage} message */
  receive({ permission, open, typing, size, refused }) {
    if (permission !== undefined) {
      this.terminal.reset();
      this.permission = permission;
      this.isOpen = open ?? false;
    }
    const wasAllowed = this.typing === "allowed";
    if (typing !== undefined) this.typing = typing;
    if (size) this.resize(...size);
    this.showState();
    if (refused) setText(this.state, "Not typed: the learner has not allowed it.");
    if (this.typing === "allowed" && !wasAllowed) this.terminal.focus();
  }

  /**
   * The whole screen is in sight, where letters do not become too small for that.
   * @param {number} columns
   * @param {number} rows
   */
  resize(columns, rows) {
    const { clientWidth } = this.frame;
    const room = innerHeight * HEIGHT - AROUND;
    const fit = Math.floor(Math.min(room / rows / LINE, clientWidth / columns / LETTER));
    this.terminal.options.fontSize = Math.max(SMALLEST, Math.min(LARGEST, fit));
    this.terminal.resize(columns, rows);
  }

  showState() {
    const { permission, typing, isOpen } = this;
    const isShown = permission === "allowed" && isOpen;
    const text = typing ? TYPING[typing] : STATES[permission ?? "asked"];
    setText(this.state, permission === "allowed" && !isOpen ? "The learner has no terminal open." : text);
    setText(this.ask, typing === "allowed" ? "Stop typing" : typing === "asked" ? "Do not ask" : "Ask to type");
    const hadFocus = this.ask === document.activeElement;
    this.ask.hidden = !isShown;
    if (hadFocus && !isShown) this.dialog.querySelector("h2")?.focus();
    this.terminal.options.disableStdin = typing !== "allowed";
    this.terminal.options.cursorBlink = typing === "allowed" && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.frame.classList.toggle("typing", typing === "allowed");
  }

  lose() {
    this.permission = this.typing = null;
    this.showState();
    setText(this.state, "No connection to the class's server. Trying again.");
  }
}

/**
 * Programs ask terminals what they can, and where the cursor is. The learner's terminal answers; a second answer would be typed.
 * @param {Terminal} terminal
 */
function stayMute({ parser }) {
  const questions = [{ final: "c" }, { final: "n" }, { final: "t" }, { intermediates: "$", final: "p" }];
  for (const question of questions) {
    for (const prefix of ["", "?", ">", "="]) parser.registerCsiHandler({ ...question, prefix }, () => true);
  }
  parser.registerDcsHandler({ intermediates: "$", final: "q" }, () => true);
  for (const number of [4, 10, 11, 12]) parser.registerOscHandler(number, () => true);
}

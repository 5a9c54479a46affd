// One terminal: a screen and its shell. It connects again when the connection is lost, and says so within the terminal.
// @ts-check

import { FitAddon } from "/parts/addon-fit.mjs";
import { Terminal as Screen } from "/parts/xterm.mjs";
import { announce } from "./activity.js";
import { element } from "./element.js";
import { goesToShell } from "./keyboard.js";
import { followSystem } from "./palette.js";
import { Shell } from "./shell.js";

/** @typedef {ReturnType<typeof setTimeout>} Timer */

const DELAYS = [500, 1000, 2000, 4000, 8000]; // ms
const STABLE = 5000; // ms: a connection that lasted longer was a good one, and the next delay is short again
const RESIZE_DELAY = 100; // ms: a window that is being dragged has many sizes
const TYPE_DELAY = 150; // ms: a prompt may come in two parts
const CONNECTING_WIDTH = 45; // columns of "Connecting again in …"
const WAITING = "The machine is not running; the terminal connects when it is. (Any key starts it.)";

/** Ends mouse reports, bracketed paste and the like, of a program that is gone. */
const RESET_MODES = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[!p\x1b[?25h\x1b[0m";

const encoder = new TextEncoder();
const prefersStill = matchMedia("(prefers-reduced-motion: reduce)");

export class Terminal {
  /**
   * @param {HTMLElement} parent visible already: without a size nothing can be measured
   * @param {string} label
   * @param {string} place
   * @param {() => boolean} isRunning whether the machine runs, so that a connection can succeed
   * @param {() => void} wake starts the machine, or lets it go on
   */
  constructor(parent, label, place, isRunning, wake) {
    this.label = label;
    this.place = place;
    this.isRunning = isRunning;
    this.wake = wake;
    /** @type {Shell | null} */
    this.shell = null;
    this.failures = 0;
    this.hasPrompt = false;
    this.message = "";
    /** @type {string[]} */
    this.commands = [];
    /** @type {Timer | undefined} */
    this.retry = undefined;
    /** @type {Timer | undefined} */
    this.resizing = undefined;
    this.frame = element("div", { class: "screen" });
    parent.append(this.frame);
    this.fitAddon = new FitAddon();
    this.screen = this.openScreen();
    new ResizeObserver(() => this.fit()).observe(this.frame);
    this.fit();
    this.connect();
  }

  openScreen() {
    const screen = new Screen({
      fontFamily: 'ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
      fontSize: 14,
      scrollback: 10000,
      cursorBlink: !prefersStill.matches,
      screenReaderMode: true,
      minimumContrastRatio: 4.5,
    });
    followSystem((palette) => (screen.options.theme = palette));
    screen.loadAddon(this.fitAddon);
    screen.open(this.frame);
    screen.textarea?.setAttribute("aria-label", `Terminal ${this.label}; Ctrl+Shift+Enter leaves it`);
    screen.attachCustomKeyEventHandler((event) => goesToShell(screen, event));
    screen.onData((data) => this.enter(encoder.encode(data)));
    screen.onBinary((data) => this.enter(Uint8Array.from(data, (character) => character.charCodeAt(0))));
    screen.onResize(() => this.tellSize());
    return screen;
  }

  /** A hidden terminal has no size, and keeps the one that it had. */
  fit() {
    if (this.frame.clientWidth > 0 && this.frame.clientHeight > 0) this.fitAddon.fit();
  }

  tellSize() {
    clearTimeout(this.resizing);
    this.resizing = setTimeout(() => this.shell?.tell({ resize: [this.screen.cols, this.screen.rows] }), RESIZE_DELAY);
  }

  focus() {
    this.screen.focus();
  }

  /** Connects, unless it is connected or about to be. */
  connect() {
    clearTimeout(this.retry);
    if (this.shell) return;
    if (!this.isRunning()) {
      this.say(WAITING);
      return;
    }
    this.hasPrompt = false;
    this.shell = new Shell(this.place, this.screen.cols, this.screen.rows, {
      opened: () => {
        this.endMessage();
        this.tellSize();
      },
      output: (bytes, drawn) => {
        this.screen.write(bytes, drawn);
        if (!this.hasPrompt) setTimeout(() => this.typeCommands(), TYPE_DELAY);
      },
      closed: (reason, duration) => {
        this.shell = null;
        if (duration > STABLE) this.failures = 0;
        if (duration > 0) this.resetModes();
        const room = Math.max(20, this.screen.cols - CONNECTING_WIDTH);
        this.connectLater(shorten(printable(reason), room) || "The connection was lost");
      },
    });
  }

  /** @param {string} reason */
  connectLater(reason) {
    const delay = DELAYS[Math.min(this.failures, DELAYS.length - 1)];
    this.failures += 1;
    if (this.isRunning()) {
      this.say(`${reason}. Connecting again in ${delay / 1000} s (Enter: at once).`);
      this.retry = setTimeout(() => this.connect(), delay);
    } else this.say(`${reason}. ${WAITING}`);
  }

  /** The machine runs again: no reason to wait. */
  connectNow() {
    if (this.shell) return;
    this.failures = 0;
    this.connect();
  }

  /** Old lines stay. */
  resetModes() {
    this.screen.write("", () => {
      // To leave the alternate screen while not in it would move the cursor into old lines.
      const leave = this.screen.buffer.active.type === "alternate" ? "\x1b[?1049l" : "";
      this.screen.write(leave + RESET_MODES);
    });
  }

  /**
   * One line of the page's own within the terminal, in the place of the last such line.
   * @param {string} text
   */
  say(text) {
    if (text === this.message) return;
    const start = this.message ? "\r\x1b[2K" : "\r\n";
    this.message = text;
    // The modes are reset first, which waits for what is not drawn yet.
    this.screen.write("", () => this.screen.write(`${start}\x1b[1;33m${shorten(text, this.screen.cols - 1)}\x1b[0m`));
    announce(`Terminal ${this.label}: ${text}`);
  }

  endMessage() {
    if (this.message) this.screen.write("\r\x1b[2K\x1b[32mConnected.\x1b[0m\r\n");
    this.message = "";
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  enter(bytes) {
    if (this.shell) this.shell.send(bytes);
    else if (!this.isRunning()) this.wake();
    else if (bytes[0] === 13) this.connect();
  }

  /**
   * Types a command and Enter, as soon as the shell is there.
   * @param {string} command
   * @returns {string} why it cannot; empty if it does
   */
  type(command) {
    if (this.screen.buffer.active.type === "alternate") return "a full-screen program is running in this terminal; leave it first";
    if (!this.isRunning()) return "the machine is not running";
    this.commands.push(`${command.replaceAll(/\r?\n/g, "\r")}\r`);
    if (this.hasPrompt) this.typeCommands();
    else this.connect();
    return "";
  }

  typeCommands() {
    if (!this.shell?.isOpen) return;
    this.hasPrompt = true;
    for (const command of this.commands.splice(0)) this.enter(encoder.encode(command));
  }
}

/**
 * Reasons come from outside; control characters in them would drive the terminal.
 * @param {string} text
 */
function printable(text) {
  return text.replaceAll(/\p{Cc}/gu, " ").trim().replace(/\.$/, "");
}

/**
 * @param {string} text
 * @param {number} width
 */
function shorten(text, width) {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
}

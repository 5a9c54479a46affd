// A learner's terminal, as the trainer sees it: read-only, and only when the learner has allowed it.
// @ts-check

import { Terminal } from "/parts/xterm.mjs";
import { show } from "/static/dialog.js";
import { button, element, setText } from "/static/element.js";
import { Socket } from "/static/socket.js";

const STATES = {
  asked: "Waiting for the learner, who is asked whether you may look.",
  denied: "The learner does not want it now.",
  allowed: "What the learner sees. You cannot type here.",
};

/**
 * Shows it until the dialog is closed.
 * @param {string} slug
 * @param {string} label the learner's name, or what stands for it
 */
export function look(slug, label) {
  const state = element("p", { role: "status" });
  const frame = element("div", { class: "screen" });
  const dialog = show(`Terminal of ${label}`, [state, frame], [button("Close", () => dialog.close())], "wide");
  const terminal = new Terminal({ disableStdin: true, cursorBlink: false, scrollback: 2000, screenReaderMode: true });
  terminal.open(frame);
  const socket = new Socket(`/board/screen?learner=${encodeURIComponent(slug)}`, {
    message: (/** @type {ScreenMessage} */ message) => {
      if (message.permission !== undefined) {
        terminal.reset();
        const isClosed = message.permission === "allowed" && !message.open;
        setText(state, isClosed ? "The learner has no terminal open." : STATES[message.permission ?? "asked"]);
      }
      if (message.size) terminal.resize(...message.size);
    },
    bytes: (data) => terminal.write(new Uint8Array(data)),
    connection: (isConnected) => isConnected || setText(state, "No connection to the class's server. Trying again."),
  });
  dialog.addEventListener("close", () => {
    socket.end();
    terminal.dispose();
  });
}

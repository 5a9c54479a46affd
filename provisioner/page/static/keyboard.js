// Keys that do not go to the shell: copy and paste, and the one that leaves the terminal.
// @ts-check

import { announce } from "./activity.js";
import { writeClipboard } from "./snippet.js";

/** @typedef {import("/parts/xterm.mjs").Terminal} Screen */

export const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/**
 * Ctrl+Shift+Enter: shells, editors, browsers and desktops have no other use for it.
 * @param {KeyboardEvent} event
 */
export function isLeaveKey({ key, ctrlKey, shiftKey, altKey, metaKey }) {
  return key === "Enter" && ctrlKey && shiftKey && !altKey && !metaKey;
}

/** @param {KeyboardEvent} event */
function copies({ key, ctrlKey, shiftKey, altKey, metaKey }) {
  if (!ctrlKey || altKey || metaKey) return false;
  return shiftKey ? key.toLowerCase() === "c" : key === "Insert";
}

/** @param {KeyboardEvent} event */
function pastes({ key, ctrlKey, shiftKey, altKey, metaKey }) {
  if (!shiftKey || altKey || metaKey) return false;
  return ctrlKey ? key.toLowerCase() === "v" : key === "Insert";
}

/**
 * @param {Screen} screen
 * @param {KeyboardEvent} event
 * @returns {boolean} whether the key goes to the shell
 */
export function goesToShell(screen, event) {
  if (isLeaveKey(event)) return false; // tabs.js listens for it on the whole page
  if (isMac && event.metaKey && (event.key === "c" || event.key === "v")) return false; // the browser copies and pastes
  if (pastes(event)) return false; // by the browser as well: it need not ask for permission to read the clipboard
  if (!copies(event)) return true;
  event.preventDefault(); // Ctrl+Shift+C opens developer tools otherwise
  if (event.type === "keydown" && screen.hasSelection()) void copySelection(screen);
  return false;
}

/** @param {Screen} screen */
async function copySelection(screen) {
  const isCopied = await writeClipboard(screen.getSelection());
  announce(isCopied ? "Copied" : "Not copied");
}

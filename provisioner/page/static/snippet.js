// Blocks of code in the lab's text: a button that copies them and, where the text only looks, one that runs them.
// @ts-check

import { announce } from "./activity.js";
import { button, element } from "./element.js";

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether the browser allowed it
 */
export async function writeClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Copies, and says so on the button.
 * @param {string} text
 * @param {HTMLButtonElement} pressed
 */
async function copy(text, pressed) {
  const outcome = (await writeClipboard(text)) ? "Copied" : "Not copied";
  pressed.textContent = outcome;
  announce(outcome);
  setTimeout(() => (pressed.textContent = "Copy"), 2000);
}

/** @param {string} text */
export function copyButton(text) {
  const made = button("Copy", () => void copy(text, made));
  return made;
}

/**
 * A block of code with its buttons. A long line scrolls, so the keyboard must reach the block.
 * @param {HTMLPreElement} block
 * @param {...HTMLButtonElement} buttons
 */
export function snippet(block, ...buttons) {
  block.tabIndex = 0;
  block.setAttribute("role", "group");
  block.setAttribute("aria-label", "Code");
  return element("div", { class: "snippet" }, block, element("div", { class: "snippet-actions" }, ...buttons));
}

/**
 * @param {HTMLElement} container
 * @param {(command: string) => void} run types a command into the machine's terminal
 */
export function addButtons(container, run) {
  for (const block of container.querySelectorAll("pre")) {
    const text = (block.textContent ?? "").replace(/\s+$/, "");
    const looks = block.matches(".look") || block.querySelector("code.look") !== null || block.closest(".look") !== null;
    const place = document.createComment("");
    block.replaceWith(place);
    const buttons = [copyButton(text)];
    if (looks) buttons.push(button("Run", () => run(text), { title: "Types it into the machine's terminal" }));
    place.replaceWith(snippet(block, ...buttons));
  }
}

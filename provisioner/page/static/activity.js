// What the page is doing: the lines of running requests, their end, and errors with the next step. Screen readers hear it.
// @ts-check

import { byId, element, setText } from "./element.js";
import { RequestError } from "./live.js";

const LINES = 200;

const panel = byId("activity");
const title = byId("activity-title");
const log = byId("activity-log");
const announcement = byId("announcement");

byId("activity-close").addEventListener("click", () => {
  const hadFocus = panel.contains(document.activeElement);
  panel.hidden = true;
  if (hadFocus) byId("tasks").focus();
});

/**
 * Says one thing to screen readers only.
 * @param {string} text
 */
export function announce(text) {
  announcement.textContent = "";
  // A live region speaks when its text changes, so the same text twice needs a change in between.
  setTimeout(() => setText(announcement, text), 50);
}

/** @param {string} text */
export function startActivity(text) {
  panel.hidden = false;
  panel.dataset.state = "running";
  setText(title, text);
  log.replaceChildren();
}

/**
 * What was asked for is on the page now, and says enough.
 * @param {string} text
 */
export function dropActivity(text) {
  panel.hidden = true;
  announce(text);
}

/** @param {string} line */
export function addLine(line) {
  log.append(element("p", {}, line));
  while (log.childElementCount > LINES) log.firstElementChild?.remove();
  log.scrollTop = log.scrollHeight;
}

/**
 * @param {string} text
 * @param {string[]} [lines]
 */
export function endActivity(text, lines = []) {
  panel.hidden = false;
  panel.dataset.state = "ended";
  setText(title, text);
  for (const line of lines) addLine(line);
}

/**
 * @param {string} what was asked for
 * @param {unknown} error
 */
export function showError(what, error) {
  panel.hidden = false;
  panel.dataset.state = "failed";
  setText(title, `${what}: failed`);
  log.append(element("p", { class: "error" }, error instanceof Error ? error.message : String(error)));
  if (error instanceof RequestError) {
    if (error.evidence) log.append(element("pre", {}, error.evidence));
    if (error.hint) log.append(element("p", { class: "next" }, error.hint));
  }
  log.scrollTop = log.scrollHeight;
}

/** @param {string} text */
export function notify(text) {
  if (panel.dataset.state === "running" && !panel.hidden) addLine(text);
  else {
    startActivity(text);
    panel.dataset.state = "ended";
  }
}

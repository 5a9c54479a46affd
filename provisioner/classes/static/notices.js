// What came of the trainer's actions, and what is said to screen readers only.
// @ts-check

import { byId, element, setText } from "/static/element.js";
import { RequestError } from "/static/live.js";

const MOST = 6;
const STAY = 20_000; // milliseconds that good news stays; errors stay until somebody clears them

const list = byId("notice-list");
const clear = byId("notices-clear");

clear.addEventListener("click", () => {
  clearNotices();
  byId("learners").focus({ preventScroll: true });
});

export function clearNotices() {
  list.replaceChildren();
  clear.hidden = true;
}

/** @param {Node[]} content */
function add(content) {
  const notice = element("div", { class: "notice" }, ...content);
  list.append(notice);
  while (list.childElementCount > MOST) list.firstElementChild?.remove();
  clear.hidden = false;
  return notice;
}

/** @param {string} text */
export function notify(text) {
  const notice = add([element("p", {}, text)]);
  setTimeout(() => {
    notice.remove();
    if (!list.childElementCount && clear !== document.activeElement) clear.hidden = true;
  }, STAY);
}

/**
 * @param {string} what was asked for
 * @param {unknown} error
 * @param {(text: string) => string} mask
 */
export function showError(what, error, mask) {
  /** @type {HTMLElement[]} */
  const content = [element("p", { class: "error" }, `${what} failed: ${mask(error instanceof Error ? error.message : String(error))}`)];
  if (error instanceof RequestError) {
    if (error.evidence) content.push(element("pre", {}, mask(error.evidence)));
    if (error.hint) content.push(element("p", {}, `Next: ${mask(error.hint)}`));
  }
  add(content);
}

/** @param {string} text */
export function announce(text) {
  const place = byId("announcement");
  place.textContent = ""; // a live region speaks when its text changes, and the same may be said twice
  setTimeout(() => setText(place, text), 50);
}

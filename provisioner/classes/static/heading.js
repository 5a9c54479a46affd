// The top of the board: class, lab, how the class is doing, when it ends, and a message to all.
// @ts-check

import { clockText, remainingText, serverTime } from "/static/duration.js";
import { byId, setText } from "/static/element.js";

const endTime = /** @type {HTMLInputElement} */ (byId("end-time"));
const messageText = /** @type {HTMLInputElement} */ (byId("message-text"));

/** @type {number | null} */
let shownEnd = null;

/** @param {Board} board */
export function showHeading(board) {
  const { rows, until } = board;
  const hands = rows.filter(({ hand }) => hand).length;
  const title = `Class ${board.class}`;
  const page = `${hands ? `(${hands}) ` : ""}${title}`;
  if (document.title !== page) document.title = page;
  setText(byId("title"), title);
  setText(byId("lab"), `Lab ${board.lab}: ${board.title}`);
  setText(byId("count-done"), `${rows.filter(({ exercise }) => exercise === null).length} of ${rows.length} done with all`);
  setText(byId("count-hands"), hands === 1 ? "1 hand raised" : `${hands} hands raised`);
  setText(byId("count-stuck"), `${rows.filter(({ stuck }) => stuck).length} stuck`);
  byId("count-hands").dataset.some = hands ? "true" : "";
  showClock(until);
}

/** @param {number | null} until */
function showClock(until) {
  const clock = byId("clock");
  clock.hidden = until === null;
  for (const id of ["extend", "no-end"]) {
    const button = byId(id);
    if (until === null && button === document.activeElement) endTime.focus(); // it is about to be hidden
    button.hidden = until === null;
  }
  if (until !== shownEnd && endTime !== document.activeElement) {
    endTime.value = until === null ? "" : clockText(until);
    shownEnd = until;
  }
  if (until === null) return;
  const left = remainingText(until - serverTime());
  setText(clock, left ? `${left} left, until ${clockText(until)}` : `Ended at ${clockText(until)}`);
}

/** @param {import("./actions.js").Actions} actions */
export function connectHeading(actions) {
  byId("message-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = messageText.value.trim();
    if (!text || !(await actions.run("Message to all", "message", { to: "", text }, "sent"))) return;
    if (messageText.value.trim() === text) messageText.value = ""; // else the next one is being written already
  });
  byId("end-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void actions.run(`End of the class at ${endTime.value}`, "until", { time: endTime.value });
  });
  byId("no-end").addEventListener("click", () => void actions.run("No end of the class", "until", { time: "" }));
  byId("extend").addEventListener("click", () => void actions.run("5 minutes more", "extend", { minutes: 5 }));
  byId("reset-all").addEventListener("click", () => void actions.reset(""));
}

// The trainer's board: where everybody of a class is, who needs help, and what the trainer does about it.
// @ts-check

import { setServerTime } from "/static/duration.js";
import { byId, setText } from "/static/element.js";
import { Actions } from "./actions.js";
import { Connection } from "./connection.js";
import { Hands } from "./hands.js";
import { connectHeading, showHeading } from "./heading.js";
import { Menu } from "./menu.js";
import { Names } from "./names.js";
import { clearNotices } from "./notices.js";
import { Table } from "./table.js";

const TICK = 5000; // milliseconds, after which times are shown anew though no board came

/** @type {Board | null} */
let board = null;
let receivedAt = 0;
/** @type {Busy} */
let busy = {};

const order = /** @type {HTMLSelectElement} */ (byId("order"));
const filter = /** @type {HTMLInputElement} */ (byId("filter"));
const helpOnly = /** @type {HTMLInputElement} */ (byId("help-only"));
const key = /** @type {HTMLInputElement} */ (byId("key"));
const hideNames = byId("hide-names");

const names = new Names();
const hands = new Hands();
const menu = new Menu(render);
const table = new Table(names, openMenu);
const connection = new Connection({ board: update, busy: updateBusy, connection: showConnection });
const actions = new Actions(connection, names, () => board);

/** @param {Board} changed */
function update(changed) {
  board = changed;
  receivedAt = performance.now();
  setServerTime(board.now);
  render();
  hands.update(board, names);
}

/** @param {Busy} changed */
function updateBusy(changed) {
  busy = changed;
  render();
}

function render() {
  if (!board) return;
  showHeading(board);
  const age = (performance.now() - receivedAt) / 1000;
  table.update(board, busy, age, {
    order: /** @type {import("./order.js").Order} */ (order.value),
    filter: filter.value,
    helpOnly: helpOnly.checked,
    held: menu.slug,
  });
}

/**
 * @param {string} slug
 * @param {HTMLElement} button
 */
function openMenu(slug, button) {
  const row = board?.rows.find((row) => row.slug === slug);
  if (row) menu.open(slug, button, names.of(slug), actions.of(row, slug in busy));
}

function toggleNames() {
  names.toggle();
  clearNotices(); // they have names
  if (menu.slug) menu.close();
  byId("announcement").textContent = "";
  showHidden();
  render();
}

function showHidden() {
  hideNames.setAttribute("aria-pressed", `${names.hidden}`);
}

/** @param {KeyboardEvent} event */
function isTyping({ target }) {
  return target instanceof Element && target.closest("input:not([type='checkbox']), select, textarea, dialog, [role='menu']") !== null;
}

/**
 * @param {boolean} isConnected
 * @param {number} failures
 */
function showConnection(isConnected, failures) {
  const banner = byId("connection");
  banner.hidden = isConnected;
  const advice = failures > 3 ? " Is `lab class board` still running? Start it again, and open the address that it prints." : "";
  setText(banner, isConnected ? "" : `No connection to the class's server: what you see may be old. Trying again.${advice}`);
  if (!isConnected) updateBusy({}); // its end would not be heard
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "n" || event.ctrlKey || event.altKey || event.metaKey || !key.checked || isTyping(event)) return;
  toggleNames();
});
hideNames.addEventListener("click", toggleNames);
for (const control of [order, filter, helpOnly]) control.addEventListener("input", render);
connectHeading(actions);
showHidden();
setInterval(render, TICK);

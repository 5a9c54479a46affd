// The line between text and terminals: moved with the mouse or, when it has the focus, with the arrow keys.
// @ts-check

import { byId } from "./element.js";

const LEAST = 25; // percent of the window's width
const MOST = 75;
const STEP = 2;

const divider = byId("divider");

/** @param {number} percent of the text */
function move(percent) {
  const share = Math.round(Math.min(MOST, Math.max(LEAST, percent)) * 10) / 10;
  document.documentElement.style.setProperty("--text-share", `${share}%`);
  divider.setAttribute("aria-valuenow", String(Math.round(share)));
}

function share() {
  return Number(divider.getAttribute("aria-valuenow"));
}

export function connectDivider() {
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    event.preventDefault(); // no text is selected meanwhile
  });
  divider.addEventListener("pointermove", (event) => {
    if (divider.hasPointerCapture(event.pointerId)) move((event.clientX / document.documentElement.clientWidth) * 100);
  });
  divider.addEventListener("dblclick", () => move(50));
  divider.addEventListener("keydown", ({ key }) => {
    if (key === "ArrowLeft") move(share() - STEP);
    else if (key === "ArrowRight") move(share() + STEP);
  });
}

// The page of a lab: loads it, puts it on the page, and keeps it up to date.
// @ts-check

import { announce, notify, showError } from "./activity.js";
import { joinClass } from "./classroom.js";
import { connectDivider } from "./divider.js";
import { byId, element, setMarkup, setText } from "./element.js";
import { Live } from "./live.js";
import { drawMap } from "./map.js";
import { Menu } from "./menu.js";
import { Operations } from "./operation.js";
import { addButtons } from "./snippet.js";
import { Tabs } from "./tabs.js";
import { Tasks } from "./tasks.js";

/** @type {Lab} */
let lab;
/** @type {Live} */
let live;

const watch = /** @type {HTMLInputElement} */ (byId("watch"));
const operations = new Operations(() => live);
const tabs = new Tabs(() => lab.machine.state === "running", wake);
const tasks = new Tasks(operations, typeCommand);
const menu = new Menu(operations, () => lab);

/** Somebody types in the terminal of a machine that was suspended. */
function wake() {
  if (lab.machine.state === "stopped" && !operations.busy) void operations.run("Starting the machine", "up");
}

/** @param {string} command */
function typeCommand(command) {
  const problem = tabs.type(command);
  if (problem) notify(`Not typed: ${problem}.`);
  else announce(`Typed into the machine's terminal: ${command}`);
}

/** @param {Lab} changed */
function update(changed) {
  const wasRunning = lab?.machine.state === "running";
  lab = changed;
  joinClass(lab.class);
  document.title = `Lab ${lab.number}: ${lab.title}`;
  setText(byId("title"), `Lab ${lab.number}: ${lab.title}`);
  showMachine(lab);
  showStory(lab);
  showZones(lab);
  tasks.update(lab);
  menu.update(lab);
  tabs.setZones(lab.zones);
  if (lab.machine.state === "running" && !wasRunning) tabs.connectNow();
}

/** @param {Lab} lab */
function showStory({ story, title }) {
  const place = byId("story");
  if (!setMarkup(place, story)) return;
  const heading = place.firstElementChild;
  if (heading?.matches("h1, h2") && heading.textContent === title) heading.remove(); // the page has it already
  addButtons(place, typeCommand);
}

/** @param {Lab} lab */
function showMachine({ machine, seat }) {
  const { state, detail, memory, disk, emulated, driver, image } = machine;
  byId("machine").dataset.state = state;
  setText(byId("machine-state"), `machine ${state}${detail ? ` (${detail})` : ""}`);
  const facts = [
    memory ? `${megabytes(memory)} memory` : "",
    disk ? `${megabytes(disk)} disk` : "",
    driver,
    image,
    driver && (emulated ? "emulated: slower, same results" : "not emulated"),
    seat ? `seat ${seat}` : "",
  ];
  setText(byId("machine-facts"), facts.filter(Boolean).join(" · "));
}

/** @param {number} bytes */
function megabytes(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

/** @param {Lab} lab */
function showZones({ zones, diagram }) {
  document.documentElement.classList.toggle("no-zones", !zones.length); // then there is nothing to map either
  byId("picture").hidden = !zones.length && !diagram;
  byId("diagram").hidden = !diagram;
  setMarkup(byId("diagram"), diagram);
  const list = byId("zones");
  if (list.childElementCount === zones.length) return; // zones are part of the lab, which does not change
  for (const { name, about, network } of zones) {
    list.append(element("div", {}, element("dt", {}, name), element("dd", {}, `${about} (network ${network})`)));
  }
}

/**
 * @param {boolean} isConnected
 * @param {number} failures
 */
function showConnection(isConnected, failures) {
  const banner = byId("connection");
  banner.hidden = isConnected;
  const next = lab?.class ? "Tell your trainer." : "Is `lab page` still running? Start it again, and open the address that it prints.";
  setText(banner, isConnected ? "" : `No connection to the lab's server. Trying again.${failures > 3 ? ` ${next}` : ""}`);
  if (!isConnected) {
    operations.setServerBusy(""); // its end would not be heard
    return;
  }
  void load();
}

async function load() {
  try {
    const response = await fetch("/api/lab");
    if (!response.ok) throw new Error(`GET /api/lab: ${response.status} ${response.statusText}`);
    update(await response.json());
  } catch (error) {
    showError("Loading the lab", error);
  }
}

function connectControls() {
  byId("toolbar").prepend(operations.button("Check all", () => void tasks.check(`${lab.number}`), { class: "strong" }));
  const drawLabMap = () => void drawMap(operations, `${lab.number}`, byId("lab-map"));
  const mapButton = operations.button("Map of the lab", drawLabMap, { class: "map-button" });
  byId("toolbar").append(mapButton);
  watch.addEventListener("change", () => void setWatch());
  connectDivider();
}

async function setWatch() {
  try {
    watch.checked = (await live.request("watch", { on: watch.checked })).on;
  } catch (error) {
    watch.checked = false;
    showError("Watch", error);
  }
}

connectControls();
live = new Live({
  lab: update,
  busy: (activity) => operations.setServerBusy(activity),
  watched: (result) => tasks.showWatched(result),
  watching: (on) => (watch.checked = on),
  connection: showConnection,
});

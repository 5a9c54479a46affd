// The map of who reaches what: sources across, targets down; expected against observed, and what was predicted.
// @ts-check

import { element } from "./element.js";
import { showTraces } from "./trace.js";

/** @typedef {import("./operation.js").Operations} Operations */

/** @param {Cell} cell */
function targetName({ target, port, proto }) {
  if (proto === "icmp" || target.endsWith(`:${port}`)) return target;
  return proto === "tcp" ? `${target} ${port}` : `${target} ${port}/${proto}`;
}

/** @param {Cell} cell */
function routeName(cell) {
  return `${cell.source} → ${cell.target}, IPv${cell.family}`;
}

/** @param {Cell} cell */
function guessText({ guess, observed }) {
  if (guess === null) return "";
  return `you thought: ${guess ? "open" : "closed"} ${guess === (observed === "open") ? "(right)" : "(wrong)"}`;
}

/**
 * Asks for a map and shows it.
 * @param {Operations} operations
 * @param {string} target
 * @param {HTMLElement} place
 */
export async function drawMap(operations, target, place) {
  const cells = await operations.run(`Map of ${target}`, "map", { target });
  if (!cells) return;
  const trace = async (/** @type {Cell} */ cell) => {
    const details = { from: cell.source, to: cell.target, family: cell.family };
    const traces = await operations.run(`Trace ${routeName(cell)}`, "trace", details);
    if (traces) showTraces(`Trace ${routeName(cell)}`, traces);
  };
  const map = new ReachabilityMap(cells, `Map of ${target}`, operations, (cell) => void trace(cell));
  place.replaceChildren(map.table(), ...map.reasons());
  place.scrollIntoView({ block: "nearest" });
}

class ReachabilityMap {
  /**
   * @param {Cell[]} cells
   * @param {string} title
   * @param {Operations} operations
   * @param {(cell: Cell) => void} trace
   */
  constructor(cells, title, operations, trace) {
    this.cells = cells;
    this.title = title;
    this.operations = operations;
    this.trace = trace;
    this.sources = [...new Set(cells.map(({ source }) => source))];
    this.order = 0;
  }

  table() {
    if (!this.cells.length) return element("p", {}, `${this.title}: no check asks who reaches what.`);
    const good = this.cells.filter((cell) => cell.good).length;
    const caption = `${this.title}: ${good} of ${this.cells.length} as expected. Choose a cell to trace its packet.`;
    const head = ["to", "over", ...this.sources.map((source) => `from ${source}`)].map((text) => element("th", { scope: "col" }, text));
    const targets = [...new Set(this.cells.map(targetName))];
    return element(
      "div",
      { class: "map", role: "region", tabindex: 0, "aria-label": this.title },
      element(
        "table",
        {},
        element("caption", {}, caption),
        element("thead", {}, element("tr", {}, ...head)),
        ...targets.map((target) => this.rows(target)),
      ),
    );
  }

  /** @param {string} target */
  rows(target) {
    const cells = this.cells.filter((cell) => targetName(cell) === target);
    const families = [...new Set(cells.map(({ family }) => family))].sort();
    const body = element("tbody");
    for (const family of families) {
      const row = element("tr");
      if (family === families[0]) row.append(element("th", { scope: "rowgroup", rowspan: families.length }, target));
      row.append(element("th", { scope: "row", class: "family" }, `IPv${family}`));
      for (const source of this.sources) {
        const here = cells.filter((cell) => cell.family === family && cell.source === source);
        row.append(element("td", {}, ...(here.length ? here.map((cell) => this.button(cell)) : ["–"])));
      }
      body.append(row);
    }
    return body;
  }

  /** @param {Cell} cell */
  button(cell) {
    const made = this.operations.button("", () => this.trace(cell), {
      class: cell.good ? "good" : "bad",
      style: `--order: ${this.order++}`, // the map fills in, one cell after the other
      title: cell.wanted_by.length ? `Expected by exercise ${cell.wanted_by.join(", ")}` : "",
    });
    const guess = guessText(cell);
    made.append(
      element("span", { class: "visually-hidden" }, `${routeName(cell)}: ${cell.good ? "as expected" : "not as expected"}, `),
      element("span", { class: "observed" }, element("span", { "aria-hidden": "true" }, cell.good ? "✓ " : "✗ "), cell.observed),
      element("span", { class: "expected" }, `expected: ${cell.wanted ? "open" : "closed"}`),
    );
    if (guess) made.append(element("span", { class: "guess" }, guess));
    return made;
  }

  /** Why predictions were wrong: connections that share a reason share a paragraph. */
  reasons() {
    /** @type {Map<string, string[]>} */
    const groups = new Map();
    for (const cell of this.cells.filter(({ why }) => why.length)) {
      const text = cell.why.join("\n");
      groups.set(text, [...(groups.get(text) ?? []), routeName(cell)]);
    }
    return [...groups].map(([text, routes]) =>
      element("p", { class: "reason" }, element("strong", {}, `Why: ${routes.join("; ")}`), element("span", {}, text)),
    );
  }
}

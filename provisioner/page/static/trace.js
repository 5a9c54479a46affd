// The picture of a packet's way through the rules: hooks from top to bottom, the rule that decided, and why in sentences.
// @ts-check

import { show } from "./dialog.js";
import { button, element } from "./element.js";

/** What a packet does at a hook, by the name that a chain has there. @type {Record<string, string>} */
const HOOKS = {
  prerouting: "arrives, before routing",
  input: "is for the machine itself",
  forward: "is forwarded",
  output: "is sent by the machine itself",
  postrouting: "leaves, after routing",
};

/** @param {Hop} hop @returns {string} empty for a chain that another chain calls */
function hookText({ chain }) {
  return HOOKS[chain.toLowerCase()] ?? "";
}

/**
 * @param {Hop[]} hops
 * @returns {Hop | undefined} the one that stopped the packet, or else the last that accepted it, by a rule if possible
 */
function findDecider(hops) {
  const accepting = hops.filter(({ verdict }) => verdict.startsWith("accept"));
  const stopping = hops.find(({ verdict, rule }) => verdict.startsWith("drop") || /\breject\b/.test(`${verdict} ${rule}`));
  return stopping ?? accepting.filter(({ rule }) => rule).at(-1) ?? accepting.at(-1);
}

/**
 * @param {Hop} hop
 * @param {boolean} decides
 * @param {boolean} isCalled whether another chain jumped to this one
 */
function hopItem(hop, decides, isCalled) {
  const { family, table, chain, rule, verdict, owner } = hop;
  const hook = hookText(hop);
  const item = element("li", { class: `hop${isCalled ? " called" : ""}${decides ? " decides" : ""}` });
  const heading = element("p", {}, element("strong", {}, `${table} ${chain}`), element("span", { class: "note" }, ` ${family}`));
  if (hook) heading.append(element("span", { class: "note" }, ` · the packet ${hook}`));
  const facts = element("p", { class: "facts" }, decides && element("strong", {}, "Decided here"), `→ ${verdict || "next rule"}`);
  if (owner) facts.append(element("span", {}, owner === "policy" ? "the chain's policy" : `rule of: ${owner}`));
  item.append(heading, element("code", {}, rule || (verdict ? `policy ${verdict}` : "no rule matched")), facts);
  return item;
}

/**
 * @param {TracedProbe} traced
 * @param {number} _index
 * @param {TracedProbe[]} all
 */
function picture({ probe, family, verdict, answer, hops, sentences }, _index, all) {
  const decider = findDecider(hops);
  const gotThrough = verdict === "open";
  const result = `${gotThrough ? "✓ got through" : "⊘ did not get through"}: ${verdict}${answer ? `, answer: ${answer}` : ""}`;
  const called = new Set(hops.map((hop) => /^(?:jump|goto) (.+)$/.exec(hop.verdict)?.[1]));
  const items = hops.map((hop) => hopItem(hop, hop === decider, called.has(hop.chain)));
  return element(
    "section",
    { class: "trace" },
    all.length > 1 && element("h3", {}, `${probe} (IPv${family})`),
    element("p", { class: gotThrough ? "through" : "stopped" }, result),
    items.length ? element("ol", { class: "hops" }, ...items) : element("p", {}, "No rule saw this packet."),
    element("div", { class: "sentences" }, ...sentences.map((sentence) => element("p", {}, sentence))),
  );
}

/**
 * @param {string} title
 * @param {TracedProbe[]} traces
 */
export function showTraces(title, traces) {
  const content = traces.length ? traces.map(picture) : [element("p", {}, "The machine could not trace this packet.")];
  const dialog = show(title, content, [button("Close", () => dialog.close(), { class: "strong" })], "wide");
}

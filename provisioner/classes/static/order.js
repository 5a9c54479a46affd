// Which row comes first, and which are shown.
// @ts-check

/** @typedef {"help" | "name" | "points"} Order */

/** @type {Record<Order, (a: Entry, b: Entry) => number>} */
const COMPARISONS = {
  help: ({ row: a }, { row: b }) =>
    compareTimes(a.hand?.time, b.hand?.time) || Number(b.stuck) - Number(a.stuck) || compareTimes(a.since, b.since),
  name: (a, b) => a.rank - b.rank,
  points: (a, b) => b.row.points - a.row.points,
};

/**
 * The longest ago first; what has no time last.
 * @param {number | null | undefined} a
 * @param {number | null | undefined} b
 */
function compareTimes(a, b) {
  return (a ?? Infinity) === (b ?? Infinity) ? 0 : (a ?? Infinity) - (b ?? Infinity);
}

/**
 * @param {Entry[]} entries
 * @param {Order} order
 */
export function sort(entries, order) {
  const compare = COMPARISONS[order];
  return [...entries].sort((a, b) => compare(a, b) || a.number - b.number);
}

/** @param {BoardRow} row */
export function needsHelp({ hand, stuck, state }) {
  return hand !== null || stuck || state === "broken";
}

/**
 * @param {Entry} entry
 * @param {string} text as somebody types it
 * @param {boolean} helpOnly
 */
export function matches({ row, label }, text, helpOnly) {
  if (helpOnly && !needsHelp(row)) return false;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return true;
  const haystack = [label, row.exercise ?? "all done", row.state, row.hand?.text, ...row.reasons].join("\n").toLowerCase();
  return words.every((word) => haystack.includes(word));
}

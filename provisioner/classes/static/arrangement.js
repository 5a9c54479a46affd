// Brings elements into another order with as few moves as can be: an element that moves loses the focus.
// @ts-check

/**
 * @param {Element} parent
 * @param {Element[]} wanted all children, in the order that is wanted
 * @param {Element | null} fixed one that must not move; the others move around it
 */
export function arrange(parent, wanted, fixed) {
  const current = new Map([...parent.children].map((child, index) => [child, index]));
  const positions = wanted.map((child) => current.get(child) ?? -1);
  if (positions.every((position, index) => position === index)) return;
  const resting = findResting(positions, fixed ? wanted.indexOf(fixed) : -1);
  /** @type {Element | null} */
  let next = null;
  for (let index = wanted.length - 1; index >= 0; index -= 1) {
    const child = wanted[index];
    if (!resting.has(index)) parent.insertBefore(child, next);
    next = child;
  }
}

/**
 * Indices of the longest rising series of positions, with that of the fixed one in it.
 * @param {number[]} positions where each is now; -1: nowhere
 * @param {number} fixed index; -1: none
 * @returns {Set<number>}
 */
function findResting(positions, fixed) {
  /** @type {number[]} */
  const ends = []; // of the best series of each length: index of its last element
  /** @type {number[]} */
  const previous = [];
  for (const [index, position] of positions.entries()) {
    if (position < 0) continue;
    if (fixed >= 0 && index < fixed !== position < positions[fixed] && index !== fixed) continue; // on different sides of it
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (positions[ends[middle]] < position) low = middle + 1;
      else high = middle;
    }
    previous[index] = low ? ends[low - 1] : -1;
    ends[low] = index;
  }
  const resting = new Set();
  for (let index = ends.at(-1) ?? -1; index >= 0; index = previous[index]) resting.add(index);
  return resting;
}

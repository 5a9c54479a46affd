// Raised hands, which are said aloud when they go up.
// @ts-check

import { announce } from "./notices.js";

export class Hands {
  constructor() {
    /** @type {Map<string, number> | null} when each was raised; null before the first board */
    this.raised = null;
  }

  /**
   * @param {Board} board
   * @param {import("./names.js").Names} names
   */
  update({ rows }, names) {
    const before = this.raised;
    /** @type {Map<string, number>} */
    const raised = new Map();
    const sentences = [];
    for (const { slug, hand } of rows) {
      if (!hand) continue;
      raised.set(slug, hand.time);
      if (before && before.get(slug) !== hand.time) {
        sentences.push(`${names.of(slug)} raises a hand${hand.text ? `: ${names.mask(hand.text)}` : ""}`);
      }
    }
    this.raised = raised;
    if (sentences.length) announce(`${sentences.join(". ")}.`);
  }
}

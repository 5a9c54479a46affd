// The learners' names, which can be hidden: on a projector they are nobody's business.
// @ts-check

const collator = new Intl.Collator();
const KEY = "lab-board-hidden-names"; // a reload must not show them
const MOST_MASKED = 2000; // texts that are remembered

export class Names {
  constructor() {
    this.hidden = localStorage.getItem(KEY) === "1";
    /** @type {Map<string, Entry>} */
    this.entries = new Map();
    this.roster = "";
    /** @type {Map<string, number>} by slug, as names are sorted; comparing them is slow */
    this.ranks = new Map();
    /** @type {RegExp | null} */
    this.pattern = null;
    /** @type {Map<string, string>} what a name is replaced with */
    this.labels = new Map();
    /** @type {Map<string, string>} */
    this.masked = new Map();
  }

  toggle() {
    this.hidden = !this.hidden;
    localStorage.setItem(KEY, this.hidden ? "1" : "0");
  }

  /**
   * @param {BoardRow[]} rows in the roster's order
   * @returns {Entry[]}
   */
  label(rows) {
    const roster = rows.map(({ learner, seat }) => `${learner}\n${seat}`).join("\n");
    if (roster !== this.roster) this.read(rows);
    this.roster = roster;
    const entries = rows.map((row, index) => this.makeEntry(row, index + 1));
    this.entries = new Map(entries.map((entry) => [entry.row.slug, entry]));
    return entries;
  }

  /**
   * @param {BoardRow} row
   * @param {number} number
   * @returns {Entry}
   */
  makeEntry(row, number) {
    if (this.hidden) return { row, number, label: `Learner ${number}`, rank: number };
    return { row, number, label: row.learner, rank: this.ranks.get(row.slug) ?? number };
  }

  /** @param {BoardRow[]} rows */
  read(rows) {
    const sorted = [...rows].sort((a, b) => collator.compare(a.learner, b.learner));
    this.ranks = new Map(sorted.map(({ slug }, index) => [slug, index]));
    this.masked.clear();
    this.labels.clear();
    for (const [index, row] of rows.entries()) {
      for (const name of [row.learner, row.seat, row.slug]) this.labels.set(name.toLowerCase(), `Learner ${index + 1}`);
    }
    const words = [...this.labels.keys()].sort((a, b) => b.length - a.length).map((name) => name.replace(/[^\p{L}\p{N}]/gu, escape));
    this.pattern = words.length ? new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join("|")})(?![\\p{L}\\p{N}])`, "giu") : null;
  }

  /** @param {string} slug */
  of(slug) {
    return this.entries.get(slug)?.label ?? (this.hidden ? "a learner" : slug);
  }

  /** What a server or a learner says may contain names. @param {string} text */
  mask(text) {
    if (!this.hidden || !this.pattern || !text) return text;
    let masked = this.masked.get(text);
    if (masked === undefined) {
      masked = text.replace(this.pattern, (name) => this.labels.get(name.toLowerCase()) ?? "a learner");
      if (this.masked.size > MOST_MASKED) this.masked.clear();
      this.masked.set(text, masked);
    }
    return masked;
  }
}

/** For a regular expression. @param {string} character */
function escape(character) {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

// Makes elements of the page. Text always becomes text; only cleaned HTML of the lab goes through setMarkup.
// @ts-check

/** @typedef {string | number | Node | null | undefined | false} Child */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | undefined | ((event: Event) => void)>} [attributes] functions are
 *   listeners; true is an attribute without a value; false and undefined are left out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false && value !== undefined) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter(isShown));
  return made;
}

/**
 * @param {Child} child
 * @returns {child is string | Node}
 */
function isShown(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}

/**
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @returns {Kind}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no element "${id}"`);
  return /** @type {Kind} */ (element);
}

/**
 * Changes the text only if it differs, so that live regions do not repeat themselves and selections stay.
 * @param {HTMLElement} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** @type {WeakMap<HTMLElement, string>} */
const markup = new WeakMap();

/**
 * Puts in HTML that the server has cleaned.
 * @param {HTMLElement} target
 * @param {string} html
 * @returns {boolean} whether it differs from what was put in before
 */
export function setMarkup(target, html) {
  if (markup.get(target) === html) return false;
  markup.set(target, html);
  target.innerHTML = html;
  return true;
}

/**
 * @param {string} label
 * @param {() => void} action
 * @param {Record<string, string | boolean>} [attributes]
 */
export function button(label, action, attributes = {}) {
  return element("button", { type: "button", click: action, ...attributes }, label);
}

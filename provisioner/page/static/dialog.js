// Questions to the user, in modal dialogs. Each answers with a promise; Escape is the answer "no".
// @ts-check

import { button, element } from "./element.js";

let count = 0;

/**
 * Shows a dialog. It is removed when it closes, and the browser gives the focus back to what had it.
 * @param {string} title
 * @param {Node[]} content
 * @param {Node[]} actions
 * @param {string} [kind] a class
 * @returns {HTMLDialogElement}
 */
export function show(title, content, actions, kind = "") {
  const id = `dialog-${++count}`;
  const dialog = element(
    "dialog",
    { "aria-labelledby": id, class: kind },
    element("h2", { id, tabindex: -1, autofocus: kind === "wide" }, title), // to be read from its beginning
    element("div", { class: "content", tabindex: kind === "wide" && 0 }, ...content),
    element("div", { class: "actions" }, ...actions),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * @template Answer
 * @param {string} title
 * @param {Node[]} content
 * @param {string} label of the button that says yes
 * @param {() => Answer | null} read the answer; null: not complete yet, the dialog stays
 * @returns {Promise<Answer | null>}
 */
function ask(title, content, label, read) {
  return new Promise((resolve) => {
    /** @type {Answer | null} */
    let answer = null;
    const accept = () => {
      answer = read();
      if (answer !== null) dialog.close();
    };
    const dialog = show(title, content, [button("Cancel", () => dialog.close()), button(label, accept, { class: "strong" })]);
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
      event.preventDefault();
      accept();
    });
    dialog.addEventListener("close", () => resolve(answer));
  });
}

/**
 * @param {string} title
 * @param {string} text
 * @param {string} label
 * @returns {Promise<boolean>}
 */
export async function confirm(title, text, label) {
  return (await ask(title, [element("p", {}, text)], label, () => true)) ?? false;
}

/**
 * @param {string} title
 * @param {string} text
 * @param {string} label
 * @param {{value: string, label: string}[]} options
 * @returns {Promise<string | null>}
 */
export function choose(title, text, label, options) {
  const choice = element("select", { id: `choice-${count}` });
  for (const option of options) choice.append(element("option", { value: option.value }, option.label));
  const caption = element("label", { for: choice.id }, text);
  return ask(title, [caption, choice], label, () => choice.value);
}

/**
 * @param {string} title
 * @param {string} text
 * @param {string} label
 * @returns {Promise<string | null>}
 */
export function askName(title, text, label) {
  const rule = "Letters, digits and hyphens; 24 at most.";
  const name = element("input", {
    id: `name-${count}`,
    type: "text",
    required: true,
    maxlength: 24,
    pattern: "[A-Za-z0-9][A-Za-z0-9\\-]*",
    title: rule,
    autocomplete: "off",
    spellcheck: "false",
    autofocus: true,
  });
  const caption = element("label", { for: name.id }, text);
  return ask(title, [caption, name, element("p", { class: "note" }, rule)], label, () => (name.reportValidity() ? name.value : null));
}

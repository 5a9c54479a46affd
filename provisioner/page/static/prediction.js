// The form that asks what will get through before anybody looks.
// @ts-check

import { element } from "./element.js";

let count = 0;

/**
 * @param {WaysResult} asked
 * @param {(guesses: boolean[]) => void} submit
 * @param {() => void} cancel
 * @returns {HTMLFormElement}
 */
export function predictionForm(asked, submit, cancel) {
  const prefix = `guess-${++count}`;
  const form = element("form", { class: "prediction" });
  const questions = asked.ways.map((way, index) => question(way, `${prefix}-${index}`));
  form.append(
    element("h4", {}, asked.question),
    ...questions,
    element("div", { class: "buttons" },
      element("button", { type: "submit", class: "strong" }, "Submit prediction"),
      element("button", { type: "button", click: cancel }, "Cancel"),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const data = new FormData(form);
    submit(asked.ways.map((_, index) => data.get(`${prefix}-${index}`) === "through"));
  });
  return form;
}

/**
 * @param {Way} way
 * @param {string} name
 */
function question(way, name) {
  /** @param {string} value @param {string} text */
  const option = (value, text) => element("label", {}, element("input", { type: "radio", name, value, required: true }), ` ${text}`);
  return element(
    "fieldset",
    {},
    element("legend", {}, `${way.source} → ${way.target}, IPv${way.family}`),
    option("through", "gets through"),
    option("stopped", "does not"),
  );
}

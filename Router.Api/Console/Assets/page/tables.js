// Tables and lists of facts; every value is shown as the text it is.

import { element } from "./dom.js";

/** Each row begins with its head. */
export const table = (caption, heads, rows) => element("table", {},
  element("caption", { className: "hidden", textContent: caption }),
  element("thead", {}, element("tr", {}, ...heads.map(textContent => element("th", { scope: "col", textContent })))),
  element("tbody", {}, ...rows.map(([first, ...rest]) => element("tr", {}, element("th", { scope: "row", textContent: first }), ...rest.map(textContent => element("td", { textContent }))))));

export const facts = values => element("dl", {}, ...Object.entries(values).flatMap(([name, value]) => [element("dt", { textContent: name }), element("dd", { textContent: value })]));

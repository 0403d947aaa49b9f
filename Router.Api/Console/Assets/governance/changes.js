// Before and after, path by path.

import { element } from "../page/dom.js";
import { canonical } from "./canonical.js";

const isBranch = value => value !== null && typeof value === "object" && !Array.isArray(value);

/** Where two documents differ: lists are compared as a whole, since their places mean nothing. */
export function differences(before, after, path = "") {
  if (isBranch(before) && isBranch(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap(key => differences(before[key], after[key], path ? `${path}.${key}` : key));
  return canonical(before ?? null) === canonical(after ?? null) ? [] : [{ path, before, after }];
}

export const shown = value => value === undefined || value === null ? "as the routers have it"
  : typeof value === "string" ? value
  : Array.isArray(value) ? (value.length ? value.map(shown).join(", ") : "none")
  : canonical(value);

/** Of two lists only what went and what came. */
function cells({ before, after }) {
  if (!Array.isArray(before) && !Array.isArray(after)) return [shown(before), shown(after)];
  const without = (list, other) => (list ?? []).filter(item => !(other ?? []).some(each => canonical(each) === canonical(item)));
  const [gone, come] = [without(before, after), without(after, before)];
  return [gone.length ? `removed: ${shown(gone)}` : "–", come.length ? `added: ${shown(come)}` : "–"];
}

export function changeTable(changes, caption) {
  const heads = ["Setting", "Before", "After"];
  return element("div", { className: "scroll", tabIndex: 0, role: "group", ariaLabel: caption },
    element("table", { className: "changes" },
      element("caption", { className: "hidden", textContent: caption }),
      element("thead", {}, element("tr", {}, ...heads.map(textContent => element("th", { scope: "col", textContent })))),
      element("tbody", {}, ...changes.map(change => {
        const [before, after] = cells(change);
        return element("tr", {},
          element("th", { scope: "row", textContent: change.path }), element("td", { className: "before", textContent: before }), element("td", { className: "after", textContent: after }));
      }))));
}

// What went wrong, above the question box, where it is always in view.

import { $, element, iconButton } from "../page/dom.js";

export function fail(text, again) {
  $("failure").replaceChildren(
    element("p", { textContent: text }),
    ...(again ? [element("button", { type: "button", textContent: "Try again", onclick: () => { clear(); again(); } })] : []),
    iconButton("close", "Close the message", () => { clear(); $("question").focus(); }));
}

export const clear = () => $("failure").replaceChildren();

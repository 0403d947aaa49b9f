// A question changed in its place: the conversation goes on from there.

import { element } from "../page/dom.js";
import { askAgain } from "./session.js";

export function edit(turn, body, tools, message) {
  const area = element("textarea", { value: message.content, maxLength: 100_000, rows: 2, ariaLabel: "The question, changed" });
  const form = element("form", { className: "edit" }, area,
    element("div", { className: "row" },
      element("button", { type: "submit", className: "primary", textContent: "Ask" }),
      element("button", { type: "button", textContent: "Cancel", onclick: close }),
      element("span", { className: "hint", textContent: "What came after it is replaced." })));
  form.addEventListener("submit", event => {
    event.preventDefault();
    if (area.value.trim()) askAgain(message, area.value.trim());
  });
  area.addEventListener("keydown", event => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
    if (event.key === "Escape") { event.stopPropagation(); close(); }
  });
  body.hidden = tools.hidden = true;
  turn.append(form);
  area.focus();

  function close() {
    form.remove();
    body.hidden = tools.hidden = false;
    tools.querySelector("button").focus();
  }
}

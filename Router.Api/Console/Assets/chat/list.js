// The list of conversations: open, rename, delete, and have a deleted one back.

import { $, element, iconButton } from "../page/dom.js";
import { list, onOtherTab, remove, rename, save } from "./conversations.js";
import { conversation, on, open, startNew } from "./session.js";

export function startList() {
  for (const event of ["opened", "started", "ended"]) on(event, draw);
  on("opened", () => $("talks").hidePopover());
  onOtherTab(draw);
  draw();
}

function draw() {
  const current = conversation();
  const kept = list().map(one => one.id === current.id ? current : one);
  $("conversations").replaceChildren(...kept.map(line));
  $("no-conversations").hidden = kept.length > 0;
}

function line(one) {
  const isCurrent = one.id === conversation().id;
  const name = element("button", { type: "button", className: "name", textContent: one.title, title: one.title, onclick: () => { open(one); $("question").focus(); } });
  if (isCurrent) name.setAttribute("aria-current", "true");
  const item = element("li", {}, name,
    iconButton("pencil", `Rename ${one.title}`, () => ask(item, one)), iconButton("bin", `Delete ${one.title}`, () => drop(one)));
  return item;
}

function ask(item, one) {
  const field = element("input", { value: one.title, maxLength: 80, ariaLabel: "New name" });
  let isDone = false;
  const end = keep => {
    if (isDone) return;
    isDone = true;
    if (keep) rename(one, field.value);
    draw();
    [...$("conversations").children].find(other => other.textContent === one.title)?.querySelector(".name").focus();
  };
  field.addEventListener("keydown", event => {
    if (event.key === "Enter") end(true);
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); end(false); }
  });
  field.addEventListener("blur", () => end(true));
  item.replaceChildren(field);
  field.select();
}

function drop(one) {
  if (one.id === conversation().id) startNew();   // first: an answer that runs is kept when it is stopped
  remove(one);
  draw();
  $("deleted").replaceChildren(`Deleted “${one.title}”. `, element("button", {
    type: "button", className: "small", textContent: "Undo",
    onclick: () => { save(one); $("deleted").replaceChildren(); open(one); $("question").focus(); },
  }));
  $("deleted").querySelector("button").focus();
}

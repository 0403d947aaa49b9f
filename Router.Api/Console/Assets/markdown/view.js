// An answer's text as blocks on the page. While it grows only the blocks that changed are made again, so what is selected or focused elsewhere stays.

import { copyButton } from "../page/clipboard.js";
import { $, element } from "../page/dom.js";
import { align } from "./align.js";
import * as markdown from "./blocks.js";
import * as plain from "./plain.js";

const shown = new WeakMap();   // element -> the block that it shows, and who made it

export function show(container, text, pieces, mark) {
  const { blocks } = $("markdown").checked ? markdown : plain;
  const wanted = blocks(text);
  wanted.forEach((block, i) => {
    const old = container.children[i];
    const before = old && shown.get(old);
    if (before?.source === block.source && before.start === block.start && before.of === blocks) return;
    const made = element("div", { className: "block" }, block.render());
    align(made, block.source, block.start, pieces, mark);
    for (const pre of made.querySelectorAll("pre")) frame(pre);
    shown.set(made, { ...block, of: blocks });
    if (old) replace(old, made); else container.append(made);
  });
  while (container.children.length > wanted.length) container.lastChild.remove();
}

function replace(old, made) {
  const focused = old.contains(document.activeElement) ? document.activeElement.dataset.token : undefined;
  old.replaceWith(made);
  if (focused !== undefined) made.querySelector(`[data-token="${focused}"]`)?.focus({ preventScroll: true });
}

/** A code block gets its language's name and a button that copies it. */
function frame(pre) {
  const code = pre.querySelector("code");
  const language = code?.className.match(/language-(\S+)/)?.[1] ?? "text";
  pre.tabIndex = 0;
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", `Code, ${language}`);
  const box = element("div", { className: "code" });
  pre.replaceWith(box);
  box.append(element("div", { className: "code-bar" }, element("span", { textContent: language }), copyButton("Copy the code", () => pre.textContent.replace(/\n$/, ""))), pre);
}

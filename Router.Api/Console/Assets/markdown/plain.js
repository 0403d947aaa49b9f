// Text as it was written, a block for each paragraph.

import { element } from "../page/dom.js";

/** The blocks of a text: where each begins, what was written, how it looks. */
export function blocks(text) {
  const found = [];
  let start = 0;
  for (const source of text.split(/(?<=\n\n)(?=[^\n])/)) {
    if (source.trim()) found.push({ start, source, render: () => element("p", { className: "plain", textContent: source.trimEnd() }) });
    start += source.length;
  }
  return found;
}

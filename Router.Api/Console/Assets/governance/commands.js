// The same acts from a terminal, for who has no key here.

import { copyButton } from "../page/clipboard.js";
import { element } from "../page/dom.js";

/** A word of a command line as a shell takes it: whatever is in it stays one word. */
export const quote = word => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

export const command = (...words) => ["mesh", ...words.map(quote)].join(" ");

/** A command to type, with a button that copies it. `text` may be a function of the moment. */
export function typed(text) {
  const read = typeof text === "function" ? text : () => text;
  return element("span", { className: "command" }, element("code", { textContent: read() }), copyButton(`Copy ${read()}`, read));
}

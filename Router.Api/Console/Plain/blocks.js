// Text as it was written, in a build that could not fetch the Markdown libraries: one block for each paragraph.

import { element } from "../page/dom.js";

export const notice = "Markdown is shown as it was written: this router was built without npm.";

/** The blocks of a text: where each begins, what was written, how it looks. */
export const blocks = text => [...text.matchAll(/(?:\n\s*\n|[^])*?[^](?=\n\s*\n|$)/g)].map(({ index, 0: source }) =>
  ({ start: index, source, render: () => element("p", { className: "plain", textContent: source }) }));

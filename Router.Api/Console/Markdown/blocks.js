// Markdown by marked, code by highlight.js, and DOMPurify between what a model wrote and the page.

import { Marked } from "../lib/marked.esm.js";
import DOMPurify from "../lib/purify.es.mjs";
import hljs from "../lib/highlight.min.js";

export const notice = "";

const escape = text => text.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`);

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => escape(text),                                              // shown, not obeyed
    image: ({ href, text }) => `<a href="${escape(href)}">${escape(text || href)}</a>`,   // nothing is fetched for an answer
    checkbox: ({ checked }) => checked ? "☑ " : "☐ ",
    heading({ tokens, depth }) { return `<h4 class="h${depth}">${this.parser.parseInline(tokens)}</h4>`; },   // under the turn's own heading
    code({ text, lang }) {
      const language = lang?.match(/^[\w+#.-]{1,20}/)?.[0].toLowerCase();
      const html = language && hljs.getLanguage(language) ? hljs.highlight(text, { language, ignoreIllegals: true }).value : escape(text);
      return `<pre><code${language ? ` class="language-${language}"` : ""}>${html}\n</code></pre>`;
    },
  },
});

const allowed = {
  ALLOWED_TAGS: ["p", "br", "strong", "em", "del", "code", "pre", "span", "blockquote", "ul", "ol", "li", "h4", "hr", "table", "thead", "tbody", "tr", "th", "td", "a"],
  ALLOWED_ATTR: ["href", "class", "start", "align"],
  ALLOWED_URI_REGEXP: /^(https?|mailto):/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

DOMPurify.addHook("afterSanitizeAttributes", node => {
  if (node.tagName !== "A" || !node.hasAttribute("href")) return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow");
});

/** The blocks of a text: where each begins, what was written, how it looks. */
export function blocks(text) {
  let start = 0;
  const found = [];
  for (const token of lex(text)) {
    if (token.type !== "space" && token.type !== "def")
      found.push({ start, source: token.raw, render: () => DOMPurify.sanitize(parse(token), allowed) });
    start += token.raw.length;
  }
  return found;
}

/** A text that nests deeper than the parser's stack is shown as it was written. */
function lex(text) {
  try {
    return marked.lexer(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [{ type: "text", raw: text, text, escaped: false }];
  }
}

function parse(token) {
  try {
    return marked.parser([token]);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `<p>${escape(token.raw)}</p>`;
  }
}

// Which token wrote which character of a rendered text: the rendered text is the written one less its markup, so both are walked along each other.

const isSpace = character => /\s/.test(character);
const isMark = character => /[^\s\p{L}\p{N}]/u.test(character);

/**
 * Wraps the texts under a root into a span for each piece.
 * @param start where in the answer the root's source begins
 * @param mark makes the span of a piece, by its number
 */
export function align(root, source, start, pieces, mark) {
  if (pieces.length === 0) return;
  let at = root.querySelector(":scope > pre") && /^\s*(```|~~~)/.test(source) ? source.indexOf("\n") + 1 : 0;   // not in a fence's first line
  let piece = 0;
  const owner = offset => {
    while (piece + 1 < pieces.length && pieces[piece].to <= start + offset) piece++;
    return piece;
  };

  for (const node of textsOf(root)) {
    const made = document.createDocumentFragment();
    let begin = 0;
    let last = -1;
    for (let i = 0; i < node.data.length; i++) {
      const found = find(source, at, node.data[i]);
      if (found < 0) continue;   // not in the source, as the character of an entity: it goes with what stands before it
      at = found + 1;
      const now = owner(found);
      if (last >= 0 && now !== last) {
        made.append(mark(last, node.data.slice(begin, i)));
        begin = i;
      }
      last = now;
    }
    made.append(last < 0 ? node.data : mark(last, node.data.slice(begin)));
    node.replaceWith(made);
  }
}

/** Where the character is next; white space only behind markup, since renderers add and take away some. */
function find(source, at, character) {
  if (!isSpace(character)) return source.indexOf(character, at);
  while (at < source.length && isMark(source[at])) at++;
  return at < source.length && isSpace(source[at]) ? at : -1;
}

function textsOf(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode())
    if (walker.currentNode.data.trim() || walker.currentNode.parentElement.closest("pre")) texts.push(walker.currentNode);
  return texts;
}

// Drawing that disturbs nobody: a part is built again only when what it shows has changed, so a refresh takes no click, no focus and no text away.

const shown = new WeakMap();

/** Fills a node with what `build` returns, when `value` is another than last time. */
export function fill(node, value, build) {
  const text = JSON.stringify(value) ?? "";
  if (shown.get(node) === text) return;
  shown.set(node, text);
  const had = node.contains(document.activeElement) ? document.activeElement.dataset.act : null;
  node.replaceChildren(...build().filter(Boolean));
  if (had) [...node.querySelectorAll("[data-act]")].find(each => each.dataset.act === had)?.focus();
}

/** Keeps one node per item, in the order of the items: `make` builds it once, `update` is called each time. */
export function keep(list, items, idOf, make, update) {
  const nodes = new Map([...list.children].map(node => [node.dataset.id, node]));
  items.forEach((item, i) => {
    const id = idOf(item);
    const node = nodes.get(id) ?? make(item);
    node.dataset.id = id;
    nodes.delete(id);
    if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
    update(node, item);
  });
  for (const node of nodes.values()) node.remove();
}

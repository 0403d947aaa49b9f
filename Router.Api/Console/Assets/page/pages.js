// The pages of the console, one at a time: the address's fragment names it and, after a slash, what on it is wanted.

import { $ } from "./dom.js";

const names = ["chat", "governance", "selfprompt"];

const parts = () => location.hash.slice(1).split("/");

export const page = () => names.find(name => name === parts()[0]) ?? "chat";

/** What the address asks the page for, as a proposal's hash; empty when nothing. */
export const wanted = () => parts()[1] ?? "";

export function startPages() {
  addEventListener("hashchange", show);
  show();
}

function show() {
  document.body.dataset.page = page();
  for (const name of names) {
    $(name).hidden = name !== page();
    document.querySelector(`#pages [href="#${name}"]`).ariaCurrent = name === page() ? "page" : null;
  }
}

/**
 * Looks again and again while a page is shown and somebody can see it. `look` returns how many ms until the next time; `begin` runs before the first look.
 * The function that is returned makes it look at once.
 */
export function whileShown(name, look, begin = async () => {}) {
  let isLooking = false;
  let wake = () => {};
  const run = async () => {
    if (isLooking) return wake();
    if (page() !== name || document.hidden) return;
    isLooking = true;
    await begin();
    while (page() === name && !document.hidden) {
      const pause = await look();
      await new Promise(go => {
        wake = go;
        setTimeout(go, pause);
      });
    }
    isLooking = false;
  };
  addEventListener("hashchange", run);
  document.addEventListener("visibilitychange", run);
  run();
  return run;
}

// A button that signs something and sends it. Where this browser cannot sign, the command to type stands in its place.

import { announce, element } from "../page/dom.js";
import { words } from "./api.js";
import { typed } from "./commands.js";
import { member, refresh } from "./state.js";

/** `run` does it and may return what to announce; `told` is the element for what went wrong. */
export function act(label, className, commandText, told, run) {
  if (!member()) return element("p", { className: "instead" }, `${label}: `, typed(commandText));
  const button = element("button", { type: "button", className, textContent: label, onclick: () => attempt(button, told, run) });
  button.dataset.act = label;
  return button;
}

/** `after` asks anew for what it may have changed. */
export async function attempt(button, told, run, after = refresh) {
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true";   // kept in reach: a disabled button would lose the focus
  told.textContent = "";
  try {
    announce(await run() ?? "Done.");
  } catch (error) {
    told.textContent = words(error);
  } finally {
    button.ariaDisabled = null;
  }
  await after();
}

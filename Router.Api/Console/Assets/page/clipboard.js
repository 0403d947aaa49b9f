// Copying, also where the page came over plain HTTP and the browser has no clipboard for it.

import { announce, element, icon } from "./dom.js";

async function put(text) {
  if (navigator.clipboard)
    return navigator.clipboard.writeText(text);
  const area = element("textarea", { value: text, className: "hidden", ariaHidden: "true" });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("The browser does not allow it.");
}

/** A button that copies what <paramref name="text"/> returns and says so for a moment. */
export function copyButton(label, text, className = "quiet") {
  const button = element("button", { type: "button", className, ariaLabel: label, title: label }, icon("copy"));
  button.addEventListener("click", async () => {
    try {
      await put(text());
      button.replaceChildren(icon("check"));
      announce("Copied.");
    } catch (error) {
      announce(`Not copied: ${error.message}`);
    }
    button.focus();
    setTimeout(() => button.replaceChildren(icon("copy")), 1500);
  });
  return button;
}

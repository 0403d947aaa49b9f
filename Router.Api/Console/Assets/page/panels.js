// The two side panels. Where there is room they stand beside the conversation; on a narrow page they come over it, as popovers.

import { $ } from "./dom.js";

/** Over the page, since it is not beside it. */
const isOver = panel => panel.matches(":popover-open") || getComputedStyle(panel).display === "none";

export function startPanel() {
  const panel = $("panel");
  let from = null;
  const close = () => { panel.hidePopover(); from?.focus(); };
  const open = () => {
    if (!isOver(panel)) return;
    from = document.activeElement;
    if (!panel.matches(":popover-open")) panel.showPopover();
    if (from.matches(".token")) from.scrollIntoView({ block: "start" });
  };
  panel.addEventListener("wanted", open);   // a token was tapped
  $("open-panel").addEventListener("click", () => { open(); $("close-panel").focus(); });
  $("close-panel").addEventListener("click", close);
  document.addEventListener("keydown", event => {
    if (event.key !== "Escape" || !panel.matches(":popover-open")) return;
    event.preventDefault();
    close();
  });
  // Grown wide enough, both stand beside the conversation again.
  addEventListener("resize", () => {
    for (const each of [panel, $("talks")])
      if (each.matches(":popover-open") && getComputedStyle(each).getPropertyValue("--beside") === "1") each.hidePopover();
  });
}

// Over the whole console, the chat too, while the mesh is halted: by whom, why, since when, and what ends it.

import { $, element } from "../page/dom.js";
import { fill } from "./render.js";
import { state } from "./state.js";
import { date } from "./time.js";

/** `halts` as the router's own node has them, so also while governance is down. */
function showHalts(halts) {
  $("halted").hidden = halts.length === 0;
  fill($("halted"), halts, () => halts.length === 0 ? [] : [
    element("strong", { textContent: "Halted" }),
    ...halts.map(({ requester, reason, time }) => element("span", { textContent: ` by ${requester} on ${date(time)}: ${reason} ` })),
    element("span", {}, " Two other members resume it, on the page ", element("a", { href: "#governance", textContent: "Governance" }), " or with ", element("code", { textContent: "mesh resume" }), "."),
  ]);
}

export function startBanner() {
  document.addEventListener("status", event => { if (event.detail.governance) showHalts(event.detail.governance.halts ?? []); });
  document.addEventListener("governance", () => { if (state.failure === "" && state.status) showHalts(state.status.halts ?? []); });
}

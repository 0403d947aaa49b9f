// The page of governance at #governance, beside the chat; asked for anew while it is looked at.

import { $ } from "../page/dom.js";
import { startHalt } from "./halt.js";
import { startHistory } from "./history.js";
import { startIdentity } from "./identity.js";
import { startProposals } from "./proposals.js";
import { startPropose } from "./propose.js";
import { startResume } from "./resume.js";
import { startSituation } from "./situation.js";
import { loadSigner, refresh, state } from "./state.js";
import { tick } from "./time.js";

const every = 3000;   // ms between two looks

export const isOpen = () => location.hash === "#governance";

export function startGovernance() {
  for (const start of [startIdentity, startProposals, startPropose, startHistory, startSituation, startHalt, startResume]) start();
  document.addEventListener("governance", () => {
    $("governance-failure").textContent = state.failure && `Governance does not answer: ${state.failure}`;
    $("governance").toggleAttribute("data-away", state.failure !== "");
  });
  addEventListener("hashchange", show);
  document.addEventListener("visibilitychange", show);
  setInterval(() => isOpen() && tick($("governance")), 1000);
  show();
}

let isLooking = false;

async function show() {
  document.body.classList.toggle("governing", isOpen());
  $("governance").hidden = !isOpen();
  $("chat").hidden = isOpen();
  if (!isOpen() || isLooking) return;
  isLooking = true;
  await loadSigner();
  while (isOpen() && !document.hidden) {
    await refresh();
    await new Promise(go => setTimeout(go, every));
  }
  isLooking = false;
}

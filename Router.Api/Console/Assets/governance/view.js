// The page of governance at #governance, beside the chat; asked for anew while it is looked at.

import { $ } from "../page/dom.js";
import { page, wanted, whileShown } from "../page/pages.js";
import { startHalt } from "./halt.js";
import { startHistory } from "./history.js";
import { startIdentity } from "./identity.js";
import { reveal, startProposals } from "./proposals.js";
import { startPropose } from "./propose.js";
import { startResume } from "./resume.js";
import { startSituation } from "./situation.js";
import { loadSigner, refresh, state } from "./state.js";
import { tick } from "./time.js";

const every = 3000;   // ms between two looks

export function startGovernance() {
  for (const start of [startIdentity, startProposals, startPropose, startHistory, startSituation, startHalt, startResume]) start();
  document.addEventListener("governance", () => {
    $("governance-failure").textContent = state.failure && `Governance does not answer: ${state.failure}`;
  });
  setInterval(() => page() === "governance" && tick($("governance")), 1000);
  whileShown("governance", look, loadSigner);
}

async function look() {
  await refresh();
  reveal(wanted());
  return every;
}

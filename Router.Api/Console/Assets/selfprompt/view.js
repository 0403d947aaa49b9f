// The page of self-improvement at #selfprompt: how the agent stands, its runs as they go on, and what came of what they promised.

import { get, words } from "../governance/api.js";
import { $ } from "../page/dom.js";
import { whileShown } from "../page/pages.js";
import { showAgent, startBegin } from "./agent.js";
import { showReport, startReport } from "./report.js";
import { showRuns } from "./runs.js";

const [often, seldom] = [2000, 10_000];   // ms between two looks, while a run goes on and while none does
let reported = "";   // the runs that the report was asked for

export function startSelfPrompt() {
  startReport();
  startBegin(whileShown("selfprompt", look));
}

async function look() {
  let failure = "";
  let isOpen = false;
  try {
    const [status, { runs }] = await Promise.all([get("/selfprompt/status"), get("/selfprompt/runs")]);
    isOpen = runs.some(run => !run.is_over);
    showAgent(status);
    showRuns(runs);
    await report(runs);
  } catch (error) {
    failure = `The agent does not answer: ${words(error)}`;
  }
  $("selfprompt-failure").textContent = failure;
  return isOpen ? often : seldom;
}

/** It reads an artifact of each run, so it is asked for when another run began or ended. */
async function report(runs) {
  const now = JSON.stringify(runs.map(({ run, is_over }) => [run, is_over]));
  if (now === reported) return;
  showReport((await get("/selfprompt/report")).runs);
  reported = now;
}

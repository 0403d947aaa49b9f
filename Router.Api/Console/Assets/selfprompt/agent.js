// How the agent stands, and the button that begins a run.

import { attempt } from "../governance/act.js";
import { post } from "../governance/api.js";
import { fill } from "../governance/render.js";
import { length } from "../governance/time.js";
import { $, element } from "../page/dom.js";
import { count } from "../page/format.js";
import { facts } from "../page/tables.js";
import { kindOf, kinds, short } from "./words.js";

const standings = { running: "running", halted: "halted: no run begins until people resume", no_lease: "read-only: no run begins without the lease" };

export const showAgent = status => fill($("agent"), status, () => [facts({
  Agent: status.enabled ? `on, as ${status.member}` : "off",
  Mesh: standings[status.mesh] ?? status.mesh,
  "Words by": `${status.model} of ${status.endpoint}`,
  "Next run": status.next_seconds === undefined ? "by hand only" : `in ${length(status.next_seconds)}`,
  "Budget of a run": `${count(status.budget.calls, "call")}, ${count(status.budget.tokens, "token")}, ${length(status.budget.seconds)}`,
  "Under way": count(status.open.length, "run"),
}), status.mesh === "running" ? null : element("p", { className: "bad", textContent: "While the mesh stands so, the agent looks at nothing and proposes nothing." })]);

/** `look` shows at once what was begun. */
export function startBegin(look) {
  $("run-kind").replaceChildren(new Option("Everything", ""), ...Object.keys(kinds).map(kind => new Option(kindOf(kind), kind)));
  $("begin").addEventListener("submit", event => {
    event.preventDefault();
    attempt($("begin-run"), $("begin-failure"), begin, look);
  });
}

async function begin() {
  $("begun").textContent = "";
  const { run, preview } = await post("/selfprompt/runs", { kind: $("run-kind").value || undefined });
  $("begun").textContent = `${short(run)}: ${preview}`;
  return "Begun.";
}

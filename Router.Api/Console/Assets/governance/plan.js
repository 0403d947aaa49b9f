// What an operation would change, as governance's dry run says.

import { element } from "../page/dom.js";
import { post, words } from "./api.js";
import { canonical } from "./canonical.js";
import { changeTable } from "./changes.js";
import { count } from "../page/format.js";
import { fill } from "./render.js";
import { state } from "./state.js";

const known = new Map();   // operation and version -> promise of its dry run

/** The dry run on the newest configuration; asked for once per configuration. */
export function dryRun(operation) {
  const key = `${state.status?.version} ${canonical(operation)}`;
  if (!known.has(key)) {
    const asked = post("/governance/dry-run", { operation });
    known.set(key, asked);
    asked.catch(() => known.delete(key));
  }
  return known.get(key);
}

export async function showPlan(node, operation, caption) {
  const plan = await dryRun(operation).catch(error => ({ failure: words(error) }));
  fill(node, plan, () => describe(plan, caption));
  return plan;
}

function describe({ failure, refused, diff = [], blast_radius: blast }, caption) {
  if (failure) return [element("p", { className: "hint", textContent: `No dry run: ${failure}` })];
  return [
    refused && element("p", { className: "bad", textContent: `Dry run: ${refused}` }),
    diff.length > 0 && changeTable(diff, caption),
    diff.length === 0 && !refused && element("p", { className: "hint", textContent: "It changes nothing of what runs." }),
    blast && element("p", { className: "hint", textContent: reach(blast) }),
  ];
}

function reach({ text, experts, sessions_share: share, nodes }) {
  const size = list => Array.isArray(list) ? list.length : list;
  return ["Reaches", [
    experts !== undefined && count(size(experts), "expert"), nodes !== undefined && count(size(nodes), "node"), share !== undefined && `${+(share * 100).toFixed(1)}% of the sessions`,
  ].filter(Boolean).join(", ") + (text ? `. ${text}` : ".")].join(" ");
}

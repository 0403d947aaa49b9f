// How the mesh stands: lease, quorum, phase, and what each node runs.

import { $, element } from "../page/dom.js";
import { facts, table } from "../page/tables.js";
import { fill } from "./render.js";
import { state } from "./state.js";
import { ago, length } from "./time.js";

const leases = { held: "held", lost: "lost: read-only", none: "not in use" };

export function startSituation() {
  document.addEventListener("governance", () => {
    if (state.status) fill($("situation"), [state.status, Math.floor(Date.now() / 1000)], () => describe(state.status));
  });
}

function describe({ mesh, version, lease, lease_remaining_ms: remaining, halts = [], quorum, phase, nodes = [] }) {
  return [
    facts({
      Mesh: mesh,
      Configuration: `version ${version}`,
      Lease: (leases[lease] ?? lease) + (lease === "held" && remaining !== undefined ? `, ${length(Math.round(remaining / 1000))} left` : ""),
      Phase: phase ? phaseOf(phase) : "not in use",
      Halted: halts.length ? "yes" : "no",
    }),
    phase?.degraded && element("p", { className: "bad", textContent: phase.degraded }),
    quorum && element("h4", { textContent: `Witnesses, ${quorum.needed} needed` }),
    quorum && element("p", { className: "hint", textContent: `${quorum.committed} of ${quorum.size} entries are committed.` }),
    quorum && table("Witnesses", ["Node", "Cosigned"], quorum.witnesses.map(({ name, cosigned }) => [name, cosigned ? ago(cosigned) : "never"])),
    element("h4", { textContent: "Nodes" }),
    table("Nodes", ["Node", "Version", "Lease", "State"], nodes.map(node =>
      [node.name, node.configuration ?? "–", node.lease ?? "–", !node.reachable ? "not reached" : node.halted ? "halted" : "running"])),
  ];
}

const phaseOf = ({ current, effective, experts, threshold }) =>
  `${current ?? "–"}${effective !== undefined && effective !== current ? `, runs as ${effective}` : ""}${threshold !== undefined ? ` (${experts} of ${threshold} experts)` : experts !== undefined ? ` (${experts} experts)` : ""}`;

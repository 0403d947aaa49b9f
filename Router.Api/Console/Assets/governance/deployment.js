// A running deployment: how much of the canary is measured, and its gates, followed as they change.

import { element } from "../page/dom.js";
import { percent } from "../page/format.js";
import { page } from "../page/pages.js";
import { get } from "./api.js";
import { fill } from "./render.js";
import { changed, find, state } from "./state.js";
import { countdown } from "./time.js";

const wait = 20;   // seconds that governance may hold a question back until something changed
const followed = new Set();

/** Asks for the proposal's news until it runs no more, or nobody looks. */
export async function follow({ hash }) {
  if (followed.has(hash) || followed.size >= 2) return;   // a browser has few connections to one place
  followed.add(hash);
  try {
    while (!document.hidden && page() === "governance" && find(hash)?.status === "deploying") {
      const next = await get(`/governance/proposals/${hash}?wait=${wait}&after=${find(hash).revision}`);
      const at = state.proposals.findIndex(each => each.hash === hash);
      if (at >= 0 && next.revision > state.proposals[at].revision) {
        state.proposals[at] = next;
        changed();
      } else {
        await new Promise(go => setTimeout(go, 500));   // one that does not wait is not asked without end
      }
    }
  } catch {
    // The page's own look tells why, and begins again.
  } finally {
    followed.delete(hash);
  }
}

export const showDeployment = (node, deployment) => fill(node, deployment ?? null, () => deployment ? describe(deployment) : []);

function describe({ share, sessions, ends, control, candidate, verdict, reason }) {
  return [
    element("p", {}, `Canary: ${percent(share)} of the sessions`, ...(ends ? [" · ", countdown(ends)] : [])),
    control && candidate && bars(sessions, control, candidate),
    control && candidate && gates(control, candidate),
    reason && element("p", { className: `verdict ${verdict}`, textContent: `${{ pass: "Passed", fail: "Failed", wait: "Measuring" }[verdict] ?? verdict}: ${reason}` }),
  ];
}

const bars = (needed, control, candidate) => element("div", { className: "bars" }, ...[["Candidate", candidate], ["Control", control]].map(([name, arm]) =>
  element("label", {}, `${name}: ${arm.sessions} of ${needed} sessions`, element("progress", { max: needed, value: Math.min(needed, arm.sessions) }))));

function gates(control, candidate) {
  const mean = ({ count = 0, sum = 0 } = {}) => count ? (sum / count).toFixed(3) : "–";
  const rows = [
    ["Errors", arm => arm.sessions ? percent(arm.errors / arm.sessions) : "–"],
    ["p99 of a token", arm => p99(arm.latencies ?? [])],
    ["Log-probability of its own tokens", arm => mean(arm.own)],
    ["Log-probability of the prompts' tokens", arm => mean(arm.prompt)],
    ["Feedback", arm => mean(arm.feedback)],
  ];
  return element("table", { className: "gates" },
    element("caption", { className: "hidden", textContent: "Health gates" }),
    element("thead", {}, element("tr", {}, ...["Gate", "Candidate", "Control"].map(textContent => element("th", { scope: "col", textContent })))),
    element("tbody", {}, ...rows.map(([name, read]) => element("tr", {}, element("th", { scope: "row", textContent: name }),
      ...[candidate, control].map(arm => element("td", { textContent: read(arm) }))))));
}

/** Buckets are eight to a doubling, from 0.1 ms. */
function p99(counts) {
  const all = counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  const bucket = counts.findIndex(count => (seen += count) >= Math.ceil(0.99 * all) && count > 0);
  return bucket < 0 ? "–" : `${(0.1 * 2 ** ((bucket + 1) / 8)).toFixed(1)} ms`;
}

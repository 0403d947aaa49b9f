// What was applied, newest first: before, after, who voted, and the proof that the ledger has it.

import { $, element } from "../page/dom.js";
import { get, getText, words } from "./api.js";
import { anchored } from "./anchor.js";
import { utf8 } from "./bytes.js";
import { canonical } from "./canonical.js";
import { changeTable, differences } from "./changes.js";
import { check } from "./proof.js";
import { fill, keep } from "./render.js";
import { state } from "./state.js";
import { date } from "./time.js";

const most = 50;   // that are listed
const believed = "The log's key is the one that this browser saw first; the witnesses' keys, and how many are needed, are what governance says now. `mesh ledger verify` believes the genesis alone.";
const stages = { promoted: "Promoted", canary: "Canary", undone: "Undone", halt_undo: "Undone by a halt", lifted: "Lifted", genesis: "Genesis" };

export function startHistory() {
  document.addEventListener("governance", () => {
    keep($("history"), state.history.slice(0, most), entry => entry.id, make, update);
    $("no-history").hidden = state.history.length > 0;
  });
}

function make(entry) {
  const result = element("p", { className: "result", role: "status" });
  const button = element("button", { type: "button", className: "small", textContent: "Proof", ariaLabel: `Proof of version ${entry.version}`, onclick: () => prove(entry, button, result) });
  return element("li", { className: "card" }, element("div", { className: "entry" }), element("div", { className: "row" }, button, result));
}

const update = (item, entry) => fill(item.firstChild, entry, () => [
  element("h4", { textContent: `Version ${entry.version}: ${stages[entry.stage] ?? entry.stage}` }),
  element("p", { className: "hint", textContent: [date(entry.time / 1000), entry.proposer && `proposed by ${entry.proposer}`, ...(entry.votes ?? []).map(vote => `${vote.voter}: ${vote.choice}`)].filter(Boolean).join(" · ") }),
  entry.reason && element("p", { textContent: entry.reason }),
  element("details", {}, element("summary", { textContent: "Before and after" }), changeTable(changesOf(entry), `Changes of version ${entry.version}`)),
]);

const changesOf = ({ before, after }) => differences(before ?? {}, after ?? {}).filter(change => change.path !== "version");

async function prove(entry, button, result) {
  result.className = "result";
  try {
    const [proof, text] = await Promise.all([getText(`/ledger/proof/${entry.id.split("/").map(encodeURIComponent).join("/")}`), getText(`/ledger/entry/${entry.index}`)]);
    download(proof, `${entry.id.replaceAll("/", "-")}.tlog-proof`);
    const found = await verified(entry, proof, JSON.parse(text));
    result.textContent = found.isVerified ? `Verified here: entry ${found.index} of ${found.size}, cosigned by ${found.cosigned} (${found.needed} needed). ${believed}` : `Not verified: ${found.fault}`;
    result.classList.add(found.isVerified ? "good" : "bad");
  } catch (error) {
    result.textContent = `Not verified: ${words(error)}`;
    result.classList.add("bad");
  }
  button.focus();
}

/** The proof is of the entry that is shown, not only of some entry. */
async function verified({ id, after }, proof, logged) {
  if (logged.id !== id) return { fault: "The ledger answered with another entry." };
  if (canonical(logged.body?.configuration) !== canonical(after)) return { fault: "The entry has another configuration than is shown here." };
  return check(proof, utf8(canonical(logged)), { log: anchored(state.status), witnesses: state.configuration.nodes.map(node => node.key), liars: state.configuration.policy.witness_liars });
}

function download(text, name) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

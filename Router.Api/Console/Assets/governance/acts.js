// The acts of a person, as texts that are signed: a name of the act and one line of canonical JSON.

import { random, sha256, toHex, utf8 } from "./bytes.js";
import { canonical } from "./canonical.js";
import { now } from "./api.js";

const text = (act, body) => `mesh-${act}/v1\n${canonical(body)}\n`;

/** A note must not have them, and JSON lets the last one through. */
const plain = reason => reason.trim().replaceAll("\u007f", "");

export const proposalText = (mesh, proposer, operation, reason, hours) => {
  const created = now();
  return text("proposal", { mesh, proposer, operation, reason: plain(reason), created, deadline: created + Math.round(hours * 3600), nonce: random(16) });
};

export const voteText = (mesh, proposal, choice, voter, reason) =>
  text("vote", { mesh, proposal: proposal.hash, choice, deadline: proposal.deadline, voter, reason: plain(reason) || undefined });

export const withdrawText = (mesh, proposal, member) => text("withdraw", { mesh, proposal: proposal.hash, member });

export const haltText = (mesh, requester, reason) => text("halt", { mesh, requester, reason: plain(reason), time: now(), nonce: random(16) });

export const resumeText = (mesh, halts, reason) => text("resume", { mesh, halts, reason: plain(reason), time: now(), nonce: random(16) });

/** What a note's text asks for. @throws {Error} It is another act, or of another mesh. */
export function read(act, mesh, noteText) {
  const [head, body, ...rest] = noteText.split("\n");
  if (head !== `mesh-${act}/v1` || rest.join() !== "") throw new Error(`This is no note of a ${act}.`);
  const parsed = JSON.parse(body);
  if (canonical(parsed) !== body) throw new Error("The note is not in canonical form.");
  if (parsed.mesh !== mesh) throw new Error(`This note is of the mesh "${parsed.mesh}".`);
  return parsed;
}

export const idOf = async noteText => toHex(await sha256(utf8(noteText)));

// Two members, neither of whom halted, sign one note; it goes from one to the other by whatever way they talk.

import { $ } from "../page/dom.js";
import { attempt } from "./act.js";
import { read, resumeText } from "./acts.js";
import { send } from "./api.js";
import { command, typed } from "./commands.js";
import { isSignedBy, parse, sign } from "./note.js";
import { fill } from "./render.js";
import { has, member, state } from "./state.js";
import { parseKey } from "./vkey.js";

const needed = 2;
const haltsOf = () => state.status?.halts ?? [];

export function startResume() {
  document.addEventListener("governance", draw);
  $("resume-start").addEventListener("click", () => attempt($("resume-start"), $("resume-failure"), start));
  $("resume-sign").addEventListener("click", () => attempt($("resume-sign"), $("resume-failure"), join));
}

function draw() {
  const halts = haltsOf();
  const mayResume = has("approver", "oncall", "admin") && !halts.some(halt => halt.requester === member().name);
  $("resume").hidden = halts.length === 0;
  $("resume-steps").hidden = !mayResume;
  fill($("resume-instead"), [mayResume, Boolean(member()), halts.map(halt => halt.id)], () => mayResume ? [] : [
    member() ? "Two others resume: approvers, people on call or admins who did not halt. " : "", "From a terminal: ", typed(command("resume", "--reason", "..."))]);
}

/** The first signature: a note for the other member. */
async function start() {
  const text = resumeText(state.status.mesh, haltsOf().map(halt => halt.id), $("resume-reason").value);
  $("resume-note").value = await sign(text, state.signer);
  $("resume-note").select();
  return "Signed. Give the note to the other member: it needs one more signature.";
}

/** The second: checked before it is signed, sent as soon as two are there. */
async function join() {
  const pasted = `${$("resume-note").value.trim()}\n`;
  const note = parse(pasted);
  const { halts, reason } = read("resume", state.status.mesh, note.text);
  const active = haltsOf().map(halt => halt.id);
  if (!active.every(id => halts.includes(id))) throw new Error("This note is not about every halt that holds: start another.");
  const before = await signersOf(note);
  if (before.length === 0) throw new Error("No member of this mesh has signed this note.");
  const signed = before.includes(member().name) ? pasted : await sign(note.text, state.signer, note.signatures);
  const signers = [...new Set([...before, member().name])];
  $("resume-note").value = signed;
  if (signers.length < needed) return `Signed by ${signers.join(" and ")}: one more is needed.`;
  await send("/governance/resume", signed);
  $("resume-note").value = "";
  return `Resumed by ${signers.join(" and ")}${reason ? `: ${reason}` : ""}.`;
}

/** The members whose signatures under the note are right and who did not halt. */
async function signersOf(note) {
  const found = [];
  for (const each of state.configuration.members)
    if (!haltsOf().some(halt => halt.requester === each.name) && await isSignedBy(note, await parseKey(each.key))) found.push(each.name);
  return found;
}

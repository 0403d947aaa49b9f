// One proposal: what it asks, what it would change, who voted, and what this browser's member may do about it.

import { element } from "../page/dom.js";
import { act } from "./act.js";
import { voteText, withdrawText } from "./acts.js";
import { now, send } from "./api.js";
import { canonical } from "./canonical.js";
import { command } from "./commands.js";
import { showDeployment } from "./deployment.js";
import { sign } from "./note.js";
import { inWords } from "./operations.js";
import { original } from "./original.js";
import { showPlan } from "./plan.js";
import { fill } from "./render.js";
import { has, member, state } from "./state.js";
import { countdown } from "./time.js";

const names = { deploy_minor: "minor deployment", deploy_major: "major deployment", sandbox_test: "sandbox test", suggest: "suggestion", read_only: "read only" };

const part = (card, name) => card.querySelector(`:scope > .${name}`);

export function cardOf(proposal) {
  const parts = ["badges", "meta", "reason", "plan", "votes", "deployment", "actions"].map(className => element("div", { className }));
  return element("li", { className: "card" }, element("h4", { tabIndex: -1, textContent: inWords(proposal.operation) }), ...parts, element("p", { className: "bad", role: "alert" }));
}

export function update(card, proposal) {
  const { hash, status, tier, domain, effective, votes, voters, needed, outcome, effect } = proposal;
  // What may be signed here is drawn from what its proposer signed.
  const { said, fault } = status === "open" ? original(proposal) : {};
  const { operation, proposer, reason, deadline } = said ?? proposal;
  const title = card.querySelector("h4");
  if (title.textContent !== inWords(operation)) title.textContent = inWords(operation);
  fill(part(card, "badges"), [tier, domain, status], () => [badge(names[tier] ?? tier), domain && domain !== "none" && badge(domain), badge(status, status)]);
  fill(part(card, "meta"), [proposer, status, deadline, effective, hash], () => [
    `By ${proposer} · `, element("code", { textContent: hash.slice(0, 12), title: hash }),
    ...(status === "open" ? [" · ", countdown(deadline), ...(effective > now() ? [" · review: ", countdown(effective)] : [])] : []),
  ]);
  fill(part(card, "reason"), [reason, outcome, effect, said?.operation], () => [
    element("p", { textContent: reason || "No reason was given." }), ...[outcome, effect].filter(Boolean).map(textContent => element("p", { className: "hint", textContent })),
    said && element("details", {}, element("summary", { textContent: "As it was signed" }), element("p", {}, element("code", { textContent: canonical(said.operation) }))),
  ]);
  fill(part(card, "votes"), [status, votes, voters, needed], () => votesOf(proposal));
  if (["open", "approved", "deploying"].includes(status)) showPlan(part(card, "plan"), operation, `Dry run of ${inWords(operation)}`);
  else fill(part(card, "plan"), null, () => []);
  showDeployment(part(card, "deployment"), proposal.deployment);
  fill(part(card, "actions"), [status, member(), votes?.map(vote => vote.voter), said, fault], () => status !== "open" ? []
    : said ? actions(card, { ...proposal, proposer, deadline })
    : [fault ? element("p", { className: "bad", textContent: `It is not signed here, since its text in the ledger cannot be checked: ${fault}` }) : hint("Its text in the ledger is being checked.")]);
}

const badge = (textContent, className = "") => element("span", { className: `state ${className}`, textContent });

function votesOf({ status, votes = [], voters = [], needed }) {
  if (!needed) return [];
  const approvals = votes.filter(vote => vote.choice === "approve").length;
  const still = voters.filter(voter => !votes.some(vote => vote.voter === voter));
  return [
    element("progress", { max: needed, value: Math.min(needed, approvals), ariaLabel: "Approvals" }),
    element("p", {}, `${approvals} of ${needed} approvals`, status === "open" && still.length ? ` · may still vote: ${still.join(", ")}` : ""),
    votes.length ? element("ul", {}, ...votes.map(({ voter, choice, reason }) =>
      element("li", { className: choice, textContent: `${voter} ${choice === "approve" ? "approved" : "rejected"}${reason ? `: ${reason}` : ""}` }))) : null,
  ];
}

function actions(card, proposal) {
  const { hash, proposer, votes = [] } = proposal;
  const told = part(card, "bad");
  const mine = member();
  const submit = async (path, text) => {
    await send(`/governance/proposals/${hash}/${path}`, await sign(text, state.signer));
    card.querySelector("h4").focus();   // the buttons go
  };
  const withdraw = act("Withdraw", "", command("withdraw", hash), told, async () => {
    await submit("withdrawal", withdrawText(state.status.mesh, proposal, mine.name));
    return "Withdrawn.";
  });
  if (mine?.name === proposer) return [withdraw, hint("Nobody votes on what they proposed.")];
  const own = votes.find(vote => vote.voter === mine?.name);
  if (own) return [hint(`You voted: ${own.choice}.`)];
  if (mine && !has("approver")) return [hint("Approvers vote; you are none.")];

  const reason = element("input", { maxLength: 500, ariaLabel: "Reason of your vote, if you like", placeholder: "Reason, if you like" });
  const vote = (label, className, choice, ...words) => act(label, className, command(choice, hash, ...words), told, async () => {
    await submit("votes", voteText(state.status.mesh, proposal, choice, mine.name, reason.value));
    return `Voted: ${choice}.`;
  });
  return [mine && reason, vote("Approve", "primary", "approve"), vote("Reject", "", "reject", "--reason", "..."), !mine && withdraw,
    proposal.tier === "deploy_major" && hint(`One rejection ends it${proposal.domain && proposal.domain !== "none" ? `, and ${proposal.domain} is read-only until people lift that` : ""}.`)];
}

const hint = textContent => element("p", { className: "hint", textContent });

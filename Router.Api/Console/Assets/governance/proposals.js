// Proposals: those that wait for this browser's member, the other open ones, and those that ended lately.

import { $, element } from "../page/dom.js";
import { now } from "./api.js";
import { cardOf, update } from "./card.js";
import { keep } from "./render.js";
import { has, member, state } from "./state.js";
import { follow } from "./deployment.js";

const live = ["open", "approved", "deploying"];
const ended = 10;   // that are listed
const cards = new Map();

export function startProposals() {
  document.addEventListener("governance", () => {
    if (state.status) draw();
  });
}

/** Whether a vote of this browser's member is asked for. */
export const isWaiting = proposal => proposal.status === "open" && has("approver") && proposal.proposer !== member().name && proposal.deadline > now()
  && !proposal.votes?.some(vote => vote.voter === member().name);

function draw() {
  const [waiting, open] = [state.proposals.filter(isWaiting), state.proposals.filter(each => live.includes(each.status) && !isWaiting(each))];
  list("waiting", waiting);
  list("open", open);
  list("ended", state.proposals.filter(each => !live.includes(each.status)).slice(0, ended));
  $("ended-part").hidden = $("ended").children.length === 0;
  for (const proposal of state.proposals.filter(each => each.status === "deploying")) follow(proposal);
}

/** A card is one node wherever it stands, so that it keeps what was typed in it. */
function list(id, proposals) {
  keep($(id), proposals, proposal => proposal.hash, proposal => {
    if (!cards.has(proposal.hash)) cards.set(proposal.hash, cardOf(proposal));
    return cards.get(proposal.hash);
  }, update);
  $(`no-${id}`)?.toggleAttribute("hidden", proposals.length > 0);
}

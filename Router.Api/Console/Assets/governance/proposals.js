// Proposals: those that wait for this browser's member, the other open ones, and those that ended lately.

import { $ } from "../page/dom.js";
import { wanted } from "../page/pages.js";
import { now } from "./api.js";
import { cardOf, update } from "./card.js";
import { keep } from "./render.js";
import { has, member, state } from "./state.js";
import { follow } from "./deployment.js";

const live = ["open", "approved", "deploying"];
const ended = 10;   // that are listed
const cards = new Map();
let revealed = "";   // by the address, once: whoever scrolls on is not called back

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
  const over = state.proposals.filter(each => !live.includes(each.status));
  list("ended", over.filter((each, i) => i < ended || each.hash === wanted()));
  $("ended-part").hidden = $("ended").children.length === 0;
  for (const proposal of state.proposals.filter(each => each.status === "deploying")) follow(proposal);
}

/** Brings a proposal's card into view and the focus to it. */
export function reveal(hash) {
  if (hash === revealed) return;
  const card = hash === "" ? null : cards.get(hash);
  if (hash !== "" && !card?.isConnected) return;
  revealed = hash;
  if (!card) return;
  if (card.closest("#ended")) $("ended-part").open = true;
  card.scrollIntoView({ block: "start" });
  card.querySelector("h4").focus();
}

/** A card is one node wherever it stands, so that it keeps what was typed in it. */
function list(id, proposals) {
  keep($(id), proposals, proposal => proposal.hash, proposal => {
    if (!cards.has(proposal.hash)) cards.set(proposal.hash, cardOf(proposal));
    return cards.get(proposal.hash);
  }, update);
  $(`no-${id}`)?.toggleAttribute("hidden", proposals.length > 0);
}

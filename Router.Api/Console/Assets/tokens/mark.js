// How a token looks: tinted by its strongest expert, underlined by every expert's share.

import { colour, tint } from "../page/colours.js";
import { element } from "../page/dom.js";

const counted = token => (token?.votes ?? []).filter(vote => vote.weight > 0).sort((a, b) => b.weight - a.weight);

export function markOf(pieces) {
  return (number, text) => {
    const span = element("span", { className: pieces[number].isEnd ? "token end" : "token", tabIndex: -1, textContent: text });
    span.dataset.token = number;
    const votes = counted(pieces[number].tokens.at(-1));
    if (votes.length) {
      let at = 0;
      const parts = votes.map(vote => `${colour(vote.expert)} ${at * 100}% ${(at += vote.weight) * 100}%`);
      span.style.setProperty("--shares", `linear-gradient(90deg, ${parts.join(", ")})`);
      span.style.setProperty("--first", tint(votes[0].expert));
    }
    return span;
  };
}

// One token of an answer: how it looks, what the panel says of it, moving from one to the next.

import { $, chance, colour, element, hue, percent, shown, tint } from "./page.js";

const counted = token => (token.votes ?? []).filter(vote => vote.weight > 0).sort((a, b) => b.weight - a.weight);

/** A token's span: tinted by its strongest expert, underlined by every expert's share. */
export function tokenSpan(text, details, isEnd) {
  const votes = details.length ? counted(details.at(-1)) : [];
  const span = element("span", { className: isEnd ? "token end fresh" : "token fresh", tabIndex: -1, textContent: isEnd ? "end" : text });
  if (votes.length) {
    let at = 0;
    const parts = votes.map(vote => {
      const from = at;
      at += vote.weight;
      return `${colour(vote.expert)} ${from * 100}% ${at * 100}%`;
    });
    span.style.background = `linear-gradient(90deg, ${parts.join(", ")}) 0 100% / 100% 4px no-repeat, ${tint(votes[0].expert)}`;
    span.ariaLabel = `${isEnd ? "end of the answer" : text}, ${votes.map(vote => `${vote.expert} ${percent(vote.weight)}`).join(", ")}`;
  }
  span.details = details;
  return span;
}

/** Pointer and keyboard over the tokens of one answer: one stop for Tab, arrows inside. */
export function explore(answer) {
  answer.tabIndex = 0;
  answer.setAttribute("role", "group");
  answer.setAttribute("aria-label", "Answer. Arrow keys go from token to token.");
  const all = () => [...answer.querySelectorAll(".token")];
  const go = span => {
    if (!span) return;
    answer.querySelector("[aria-current]")?.removeAttribute("aria-current");
    span.setAttribute("aria-current", "true");
    span.focus({ preventScroll: false });
    showToken(span);
  };
  answer.addEventListener("pointerover", event => event.target.closest?.(".token") && showToken(event.target.closest(".token")));
  answer.addEventListener("click", event => go(event.target.closest(".token")));
  answer.addEventListener("keydown", event => {
    const tokens = all();
    const at = tokens.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10, Home: -Infinity, End: Infinity }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      go(tokens[Math.min(tokens.length - 1, Math.max(0, at < 0 ? 0 : at + step))]);
    } else if (event.key === "Escape") {
      $("question").focus();
    }
  });
}

export function showToken(span) {
  $("token").replaceChildren(...span.details.flatMap(describe));
}

function describe(token) {
  const parts = [
    element("p", {}, element("span", { className: "piece", textContent: shown(token.text) }), ` chosen with ${chance(token.logprob)}`),
    element("p", { className: "hint", textContent: `Token ${token.id} · ${token.milliseconds?.toFixed(1) ?? "?"} ms · ${token.mode ?? ""}` }),
  ];
  if (token.votes?.length)
    parts.push(table("Who voted", ["Expert", "Weight", "Gave it", "ms", "Bytes"], [...token.votes].sort((a, b) => b.weight - a.weight).map(vote => [
      element("th", { scope: "row" }, bar(vote.weight, hue(vote.expert)), ` ${vote.expert}`),
      ...(vote.dropped
        ? [element("td", { className: "why", colSpan: 2, textContent: vote.dropped })]
        : [cell(percent(vote.weight)), cell(vote.logprob === null ? "not listed" : chance(vote.logprob))]),
      cell(vote.milliseconds.toFixed(1)), cell(vote.bytes),
    ])));
  if (token.top?.length)
    parts.push(table("Most probable in the mixture", ["Token", "Chance"], token.top.map(one => [
      element("th", { scope: "row" }, bar(Math.exp(one.logprob), 215), " ", element("span", { className: "piece", textContent: shown(one.token) })), cell(chance(one.logprob)),
    ])));
  return parts;
}

const cell = text => element("td", { textContent: text });

const bar = (share, hueOf) => element("span", { className: "bar", ariaHidden: "true" }, element("i", { "--share": percent(share), "--hue": hueOf }));

function table(caption, heads, rows) {
  return element("table", {},
    element("caption", { textContent: caption }),
    element("thead", {}, element("tr", {}, ...heads.map(head => element("th", { scope: "col", textContent: head })))),
    element("tbody", {}, ...rows.map(row => element("tr", {}, ...row))));
}

// What the panel says of a token: who voted, what else was probable.

import { hue } from "../page/colours.js";
import { $, element } from "../page/dom.js";
import { chance, percent, shown } from "../page/format.js";

export const showTokens = tokens => $("token").replaceChildren(...tokens.flatMap(describe));

export const showNoToken = () => $("token").replaceChildren(element("p", { className: "hint", textContent: "Point at a token of an answer, tap it, or go to it with the arrow keys." }));

function describe(token) {
  const parts = [
    element("p", { className: "chosen" }, element("span", { className: "piece", textContent: shown(token.text) }), ` chosen with ${chance(token.logprob)}`),
    element("p", { className: "hint", textContent: `Token ${token.id} · ${token.milliseconds?.toFixed(1) ?? "?"} ms · ${token.mode ?? ""}` }),
  ];
  if (token.votes?.length)
    parts.push(table("Who voted", ["Expert", "Weight", "Gave it", "ms", "Bytes"], [...token.votes].sort((a, b) => b.weight - a.weight).map(vote => [
      element("th", { scope: "row" }, bar(vote.weight, hue(vote.expert)), ` ${vote.expert}`),
      ...(vote.dropped
        ? [element("td", { className: "why", colSpan: 2, textContent: vote.dropped })]
        : [cell(percent(vote.weight)), cell(vote.logprob === null ? "not listed" : chance(vote.logprob))]),
      cell(vote.milliseconds.toFixed(vote.milliseconds < 100 ? 1 : 0)), cell(vote.bytes),
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

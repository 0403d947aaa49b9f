// The runs, newest first: each with its steps as they come, what it found, and the card of what it proposed.

import { fill, keep } from "../governance/render.js";
import { date } from "../governance/time.js";
import { $, element } from "../page/dom.js";
import { kindOf, short, stateOf } from "./words.js";

export function showRuns(runs) {
  keep($("runs"), runs, ({ run }) => run, cardOf, update);
  $("no-runs").hidden = runs.length > 0;
}

function cardOf({ run, kind, is_over: isOver }) {
  return element("li", { className: "card" },
    element("h4", { textContent: kindOf(kind) }), element("div", { className: "badges" }),
    element("div", { className: "meta" }, element("code", { textContent: short(run), title: run })),
    element("div", { className: "found" }),
    element("details", { open: !isOver }, element("summary", { textContent: "Steps" }), element("ol", { className: "steps" })));
}

function update(card, { status, is_over: isOver, begun, proposal, steps }) {
  fill(card.querySelector(".badges"), [status, isOver], () => [element("span", { className: `state ${isOver ? status : "open"}`, textContent: stateOf(status) })]);
  const meta = card.querySelector(".meta");
  if (meta.childNodes.length === 1) meta.append(` · ${date(begun)}`);
  const analysed = steps.find(({ step }) => step === "analyse");
  const last = steps.at(-1);
  fill(card.querySelector(".found"), [proposal, analysed, last], () => [
    analysed && element("p", {}, element("strong", { textContent: "Findings: " }), analysed.summary),
    last !== analysed && element("p", { textContent: isOver && last.summary.startsWith(`${status}: `) ? last.summary.slice(status.length + 2) : last.summary }),
    proposal && element("p", {}, element("a", { href: `#governance/${proposal}`, textContent: `Its proposal ${proposal.slice(0, 12)}` })),
  ]);
  fill(card.querySelector(".steps"), steps, () => steps.map(step => element("li", {},
    element("strong", { textContent: step.step }), " ", element("time", { dateTime: new Date(step.at * 1000).toISOString(), textContent: date(step.at) }), element("p", { textContent: step.summary }))));
}

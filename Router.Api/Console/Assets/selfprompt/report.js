// Promised against measured: a picture for each measure, since each has an axis of its own, and the same in numbers.

import { fill } from "../governance/render.js";
import { $, element, shape } from "../page/dom.js";
import { table } from "../page/tables.js";
import { inWords, measureOf, verdictOf } from "./estimates.js";
import { draw } from "./figure.js";
import { kindOf, short, stateOf } from "./words.js";

const drawn = new Map();   // picture -> its lines

export function startReport() {
  new ResizeObserver(() => {
    for (const [picture, lines] of drawn) fit(picture, lines);
  }).observe($("figures-of-runs"));
}

function fit(picture, lines) {
  const width = $("figures-of-runs").clientWidth;
  if (width > 0) draw(picture, lines, width);
}

export function showReport(lines) {
  const promising = lines.filter(({ promised }) => promised);
  const measures = Map.groupBy(promising, ({ promised }) => measureOf(promised));
  fill($("figures-of-runs"), promising, () => {
    drawn.clear();
    return [...measures].map(([measure, own]) => figureOf(measure, own));
  });
  fill($("report"), promising, () => [numbers(promising)]);
  $("no-report").hidden = promising.length > 0;
  $("report-part").hidden = promising.length === 0;
}

function figureOf(measure, lines) {
  const picture = shape("svg", { role: "img", "aria-label": `${measure}: ${lines.map(spoken).join("; ")}.` });
  drawn.set(picture, lines);
  fit(picture, lines);
  return element("figure", {}, element("figcaption", { textContent: `Gain in ${measure}; right of zero is better. Lines are 95 % intervals.` }), picture);
}

const spoken = ({ run, promised, measured, kept }) => `run ${short(run)} promised ${inWords(promised)}, ${measured ? `measured ${inWords(measured)}, ${verdictOf(kept)}` : verdictOf(kept)}`;

const numbers = lines => element("div", { className: "scroll", tabIndex: 0, role: "group", ariaLabel: "Promised against measured" },
  table("Promised against measured", ["Run", "What", "Measure", "Promised", "Measured", "Promise", "How it ended"], lines.map(({ run, kind, promised, measured, kept, outcome }) =>
    [short(run), kindOf(kind), promised.metric, inWords(promised), inWords(measured), verdictOf(kept), outcome === undefined ? "goes on" : stateOf(outcome)])));

// A picture of runs that promised in one measure: of each the promised gain and its interval and, under it, the measured ones, on one axis.

import { shape } from "../page/dom.js";
import { axisOf } from "./axis.js";
import { number, verdictOf } from "./estimates.js";
import { short } from "./words.js";

const rowHeight = 66;
const foot = 24;
const side = 8;
const names = 76;   // the words before the bars

/** Draws them as wide as the picture is shown, so that its letters stay as large as the page's. */
export function draw(picture, lines, width) {
  const height = lines.length * rowHeight + foot;
  const { at, ticks } = axisOf(lines.flatMap(({ promised, measured }) => [promised, measured].filter(Boolean).flatMap(({ gain, low, high }) => [gain, low, high])), names, width - side);
  picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
  picture.setAttribute("width", width);
  picture.setAttribute("height", height);
  picture.replaceChildren(
    ...ticks.flatMap(tick => [
      line(at(tick), 0, at(tick), height - foot, tick === 0 ? "zero" : "tick"), words(at(tick), height - 8, number(tick), "middle", tick === 0 ? "zero" : "")]),
    ...lines.flatMap((each, i) => row(each, i * rowHeight, at, width)));
}

function row({ run, promised, measured, kept }, top, at, width) {
  const verdict = verdictOf(kept);
  return [
    words(side, top + 16, short(run), "start", "name"),
    words(width - side, top + 16, verdict, "end", `verdict ${kept ?? ""}`),
    words(side, top + 36, "promised", "start", "promised"), ...interval(promised, top + 32, at, "promised"),
    words(side, top + 56, "measured", "start", "measured"), ...(measured ? interval(measured, top + 52, at, `measured ${kept}`, kept) : [words(names + 8, top + 56, "not yet", "start", "")]),
  ];
}

/** A promise is a ring, a kept one a filled square, one that is not kept a cross. */
function interval({ gain, low, high }, y, at, name, kept) {
  const x = at(gain);
  const mark = kept === undefined ? shape("circle", { cx: x, cy: y, r: 5, class: name })
    : shape("path", { d: kept ? `M${x - 5} ${y - 5}h10v10h-10z` : `M${x - 6} ${y - 6}l12 12M${x + 6} ${y - 6}l-12 12`, class: name });
  return [line(at(low), y, at(high), y, name), line(at(low), y - 4, at(low), y + 4, name), line(at(high), y - 4, at(high), y + 4, name), mark];
}

const line = (x1, y1, x2, y2, name) => shape("line", { x1, y1, x2, y2, class: name });

function words(x, y, text, anchor, name) {
  const made = shape("text", { x, y, "text-anchor": anchor, class: name });
  made.textContent = text;
  return made;
}

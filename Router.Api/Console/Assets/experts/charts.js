// Share of weight, latency and bytes over the latest tokens.

import { colour } from "../page/colours.js";
import { $, element, shape } from "../page/dom.js";
import { percent } from "../page/format.js";

const kept = 200;
let waiting = 0;
const history = [];   // { weights: Map(expert -> weight), ms, bytes, asked, dropped }

export function remember(token) {
  history.push({
    weights: new Map((token.votes ?? []).map(vote => [vote.expert, vote.weight])),
    ms: token.milliseconds ?? 0,
    bytes: (token.votes ?? []).reduce((sum, vote) => sum + vote.bytes, 0),
    asked: token.votes?.length ?? 0,
    dropped: (token.votes ?? []).filter(vote => vote.dropped).length,
  });
  if (history.length > kept) history.shift();
  waiting ||= setTimeout(draw, 200);
}

/** Mean share of each expert over the latest tokens, largest first. */
export function shares(count = kept) {
  const sums = new Map();
  const part = history.slice(-count);
  for (const { weights } of part)
    for (const [expert, weight] of weights) sums.set(expert, (sums.get(expert) ?? 0) + weight / part.length);
  return new Map([...sums].sort((a, b) => b[1] - a[1]));
}

function draw() {
  waiting = 0;
  drawShares();
  drawLatency();
  drawFigures();
}

function drawShares() {
  const mean = shares();
  const floor = history.map(() => 0);
  const x = i => history.length === 1 ? i * 300 : i / (history.length - 1) * 300;
  const columns = history.length === 1 ? [0, 0] : history.map((_, i) => i);
  const areas = [...mean.keys()].map(expert => {
    const lower = columns.map((column, i) => `${x(i)},${80 - 80 * floor[column]}`);
    const tops = history.map((token, i) => floor[i] + (token.weights.get(expert) ?? 0));
    const upper = columns.map((column, i) => `${x(i)},${80 - 80 * tops[column]}`);
    tops.forEach((top, i) => { floor[i] = top; });
    const area = shape("polygon", { points: [...upper, ...lower.reverse()].join(" ") });
    area.style.fill = colour(expert);
    return area;
  });
  $("share").replaceChildren(...areas);
  $("share").setAttribute("aria-label", `Mean share over ${history.length} tokens: ${[...mean].map(([expert, share]) => `${expert} ${percent(share)}`).join(", ")}`);
}

function drawLatency() {
  const most = Math.max(...history.map(token => token.ms), 1);
  const points = history.map((token, i) => `${history.length === 1 ? 150 : i / (history.length - 1) * 300} ${58 - token.ms / most * 54}`);
  $("latency").replaceChildren(shape("path", { d: `M${points.join("L")}` }));
  $("latency").setAttribute("aria-label", `Milliseconds per token, up to ${most.toFixed(1)}`);
}

function drawFigures() {
  const sorted = history.map(token => token.ms).sort((a, b) => a - b);
  const sum = pick => history.reduce((total, token) => total + pick(token), 0);
  const asked = sum(token => token.asked);
  const figures = {
    "ms per token, median": sorted[sorted.length >> 1].toFixed(1),
    "ms per token, worst": sorted.at(-1).toFixed(1),
    "Bytes per token": Math.round(sum(token => token.bytes) / history.length).toLocaleString("en"),
    "Bytes per expert and token": asked ? Math.round(sum(token => token.bytes) / asked).toLocaleString("en") : "–",
    "Answers left out": `${sum(token => token.dropped)} of ${asked}`,
  };
  $("figures").replaceChildren(...Object.entries(figures).flatMap(([name, value]) => [element("dt", { textContent: name }), element("dd", { textContent: value })]));
}

// The experts: who there is, in which state, how fast, how much they count. Lines are changed in place, so a refresh takes no click and no focus away.

import { showGoverned } from "../governed/banner.js";
import { get, post } from "../page/client.js";
import { hue } from "../page/colours.js";
import { $, element } from "../page/dom.js";
import { percent } from "../page/format.js";
import { shares } from "./charts.js";
import { dial, turn } from "./phase.js";

const every = 2000;   // ms between two looks
const lines = new Map();
let experts = [];

/** The tokens that a conversation may have: the smallest context of those who would answer; undefined while nobody would. */
export function contextLength(model) {
  const able = experts.filter(expert => expert.state === "ready" && expert.model && (model === "mesh" || expert.id === model));
  return able.length ? Math.min(...able.map(expert => expert.model.context_length)) : undefined;
}

export async function startExperts() {
  for (;;) {
    await refresh();
    await new Promise(go => setTimeout(go, every));
  }
}

export async function refresh() {
  try {
    const [status, answer] = await Promise.all([get("/mesh/status"), get("/mesh/experts")]);
    experts = answer.experts;
    document.dispatchEvent(new CustomEvent("status", { detail: status }));
    showGoverned(status.governance);
    say(`${status.experts_ready} of ${status.experts_known} experts`, `K = ${status.ensemble.k}, ${status.ensemble.gate} gate, ${status.ensemble.mix} mix`, status.status);
  } catch (error) {
    say(error.status === 401 ? "This router needs an API key: see Settings." : error.message, "", "away");
    return;
  }
  show();
  document.dispatchEvent(new Event("experts"));
}

function say(text, detail, state) {
  if ($("status-text").textContent !== text) $("status-text").textContent = text;   // else a reader would tell it again
  $("status-detail").textContent = detail;
  $("status").dataset.state = state;
}

function show() {
  const mean = shares(50);
  for (const id of [...lines.keys()].filter(id => !experts.some(expert => expert.id === id))) {
    lines.get(id).item.remove();
    lines.delete(id);
  }
  for (const expert of experts) {
    if (!lines.has(expert.id)) lines.set(expert.id, lineOf(expert.id));
    update(lines.get(expert.id), expert, mean.get(expert.id));
    if (expert.state === "ready" && ![...$("model").options].some(option => option.value === expert.id)) $("model").add(new Option(expert.id));
  }
}

function lineOf(id) {
  const line = {
    state: element("span", { className: "state" }),
    toggle: element("button", { type: "button", className: "small", onclick: () => toggle(id) }),
    detail: element("span", { className: "detail" }),
    dial: dial(),
    alignment: element("span", { className: "alignment" }),
  };
  line.item = element("li", { "--hue": hue(id) }, element("span", { className: "swatch", ariaHidden: "true" }), element("span", { className: "name", textContent: id }),
    line.state, line.toggle, line.detail, line.dial, line.alignment);
  $("experts").append(line.item);
  return line;
}

function update(line, expert, share) {
  const action = expert.state === "offline" ? "Put back" : "Take out";
  line.isOffline = expert.state === "offline";
  set(line.state, expert.state);
  line.state.className = `state ${expert.state}`;
  set(line.toggle, action);
  line.toggle.ariaLabel = `${action} ${expert.id}`;
  set(line.detail, detail(expert, share));
  set(line.alignment, turn(line.dial, expert.alignment));
}

function set(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

async function toggle(id) {
  const line = lines.get(id);
  try {
    await post(`/mesh/experts/${encodeURIComponent(id)}/${line.isOffline ? "online" : "offline"}`);
    $("experts-failure").textContent = "";
  } catch (error) {
    $("experts-failure").textContent = error.message;
  }
  await refresh();
}

function detail(expert, share) {
  const parts = [];
  if (expert.reason) parts.push(expert.reason);
  if (expert.state === "loading") parts.push(`${percent(expert.progress)} loaded`);
  if (share !== undefined) parts.push(`${percent(share)} of the last 50 tokens`);
  if (expert.model) parts.push(`${Math.round(expert.model.tokens_per_second).toLocaleString("en")}\u00a0tokens/s`, `${(expert.model.parameters / 1e6).toFixed(1)}\u00a0M\u00a0parameters`, `context\u00a0${expert.model.context_length}`);
  if (expert.worker) parts.push(expert.worker);
  return parts.join(" · ");
}

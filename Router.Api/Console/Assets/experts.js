// The experts: who there is, in which state, how fast, how much they count.

import { shares } from "./charts.js";
import { get, post } from "./client.js";
import { $, element, hue, percent } from "./page.js";

const models = new Set(["mesh"]);
let failed = false;

export async function refresh() {
  try {
    const [status, { experts }] = await Promise.all([get("/mesh/status"), get("/mesh/experts")]);
    failed = false;
    $("status").textContent = `${status.status} · ${status.experts_ready} of ${status.experts_known} experts · K = ${status.ensemble.k}, ${status.ensemble.gate} gate, ${status.ensemble.mix} mix`
      + ` · ${status.running} running, ${status.waiting} waiting`;
    show(experts);
    offer(experts);
  } catch (error) {
    if (!failed) $("status").textContent = error.status === 401 ? "This router needs an API key: see Settings." : `Not reachable: ${error.message}`;
    failed = true;
  }
}

function show(experts) {
  const mean = shares(50);
  const focused = document.activeElement?.dataset?.expert;
  $("experts").replaceChildren(...experts.map(expert => {
    const offline = expert.state === "offline";
    const toggle = element("button", {
      type: "button", className: "small", textContent: offline ? "Put back" : "Take out", ariaLabel: `${offline ? "Put back" : "Take out"} ${expert.id}`,
      onclick: async () => { await post(`/mesh/experts/${expert.id}/${offline ? "online" : "offline"}`); await refresh(); },
    });
    toggle.dataset.expert = expert.id;
    return element("li", { "--hue": hue(expert.id) },
      element("span", { className: "swatch", ariaHidden: "true" }),
      element("span", { className: "name", textContent: expert.id }),
      element("span", {}, element("span", { className: `state ${expert.state}`, textContent: expert.state }), " ", toggle),
      element("span", { className: "detail", textContent: detail(expert, mean.get(expert.id)) }));
  }));
  if (focused) document.querySelector(`[data-expert="${CSS.escape(focused)}"]`)?.focus();
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

function offer(experts) {
  for (const { id, state } of experts)
    if (state === "ready" && !models.has(id)) {
      models.add(id);
      $("model").append(element("option", { textContent: id }));
    }
}

// How much of the context the conversation takes, the question in the box included.

import { post } from "../page/client.js";
import { $ } from "../page/dom.js";
import { requestOf } from "../settings/settings.js";
import { contextLength } from "../experts/experts.js";
import { conversation, historyOf, isRunning, on } from "./session.js";

const pause = 400;   // ms without a key before the router is asked
let counting = null;
let timer = 0;
let used = 0;

export function startMeter() {
  $("question").addEventListener("input", later);
  for (const event of ["opened", "ended"]) on(event, later);
  on("grew", ({ message, tokens }) => {
    used = message.usage?.total_tokens ?? used + tokens.length;
    draw();
  });
  document.addEventListener("experts", draw);
  document.addEventListener("settings", later);
  later();
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(recount, pause);
}

async function recount() {
  if (isRunning()) return;
  counting?.abort();
  counting = new AbortController();
  const draft = $("question").value.trim();
  const messages = historyOf([...conversation().messages, ...(draft ? [{ role: "user", content: draft }] : [])], requestOf().system);
  try {
    used = messages.length ? (await (await post("/v1/tokenize", { messages, add_generation_prompt: draft !== "" }, counting.signal)).json()).count : 0;
    draw();
  } catch (error) {
    if (error.name !== "AbortError") $("meter").hidden = true;   // no expert is there yet, or the key is missing: the status says so
  }
}

function draw() {
  const limit = contextLength(requestOf().model);
  $("meter").hidden = !limit;
  if (!limit) return;
  const text = `${used.toLocaleString("en")} of ${limit.toLocaleString("en")} tokens`;
  $("meter").style.setProperty("--share", `${Math.min(100, used / limit * 100)}%`);
  $("meter").classList.toggle("full", used >= limit * 0.9);
  $("meter-text").textContent = text;
  Object.assign($("meter"), { ariaValueNow: Math.min(used, limit), ariaValueMax: limit, ariaValueText: text });
}

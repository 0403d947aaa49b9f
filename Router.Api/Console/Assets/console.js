// The conversation.

import { draw, remember } from "./charts.js";
import { getKey, post, setKey, stream } from "./client.js";
import { refresh } from "./experts.js";
import { $, element, shape, theme } from "./page.js";
import { explore, showToken, tokenSpan } from "./token.js";

const turns = [];
let running = null;

theme();
$("key").value = getKey();
$("key").addEventListener("change", () => { setKey($("key").value); refresh(); });
$("ask").addEventListener("submit", event => { event.preventDefault(); ask(); });
$("question").addEventListener("keydown", event => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); ask(); }
});
$("stop").addEventListener("click", () => running?.abort());
$("clear").addEventListener("click", () => { running?.abort(); turns.length = 0; $("log").replaceChildren(); $("question").focus(); });
for (const example of document.querySelectorAll("#examples button"))
  example.addEventListener("click", () => { $("question").value = example.textContent; $("question").focus(); ask(); });
refresh();
setInterval(refresh, 2000);
$("question").focus();

function settings() {
  const number = id => $(id).value === "" ? undefined : Number($(id).value);
  const choice = id => $(id).value || undefined;
  return {
    model: $("model").value, temperature: number("temperature"), top_p: number("top_p"), max_completion_tokens: number("max_tokens"), seed: number("seed"),
    stream: true, stream_options: { include_usage: true }, logprobs: true, top_logprobs: 8,
    mesh: { trace: true, k: number("k"), gate: choice("gate"), mix: choice("mix"), speculation: number("speculation") },
  };
}

async function ask() {
  const question = $("question").value.trim();
  if (!question || running) return;
  $("question").value = "";
  turns.push({ role: "user", content: question });
  $("log").append(element("article", { className: "turn you" }, element("h3", { textContent: "You" }), element("div", { textContent: question })));
  const request = { ...settings(), messages: [...turns] };
  const answer = element("div", { className: "answer", ariaBusy: "true" });
  const turn = element("article", { className: "turn" }, element("h3", { textContent: request.model }), answer);
  $("log").append(turn);
  explore(answer);
  busy(true);
  const since = performance.now();
  const result = { text: "", tokens: [], usage: null, id: null };
  try {
    for await (const chunk of stream("/v1/chat/completions", request, running.signal)) add(chunk, answer, result);
  } catch (error) {
    turn.append(element("p", { className: "failure", role: "alert", textContent: running.signal.aborted ? "Stopped." : error.message }));
  }
  busy(false);
  answer.ariaBusy = "false";
  if (result.text) {
    turns.push({ role: "assistant", content: result.text });
    $("announce").textContent = `${request.model} says: ${result.text}`;
  } else {
    turns.pop();
  }
  turn.append(tools(question, request, result, (performance.now() - since) / 1000));
  follow();
}

function add(chunk, answer, result) {
  result.id ??= chunk.id;
  result.usage = chunk.usage ?? result.usage;
  const choice = chunk.choices[0];
  const text = choice?.delta.content ?? "";
  const tokens = chunk.mesh?.tokens ?? [];
  const listed = choice?.logprobs?.content ?? [];
  tokens.forEach((token, i) => { token.top = listed[i]?.top_logprobs; remember(token); });
  result.tokens.push(...tokens);
  // What was held back (half a character, the start of a stop string) is told with the text that it became part of.
  const details = [...(answer.held ?? []), ...tokens];
  const isEnd = tokens.length > 0 && text === "" && listed.length < tokens.length;
  if (text === "" && !isEnd) { answer.held = details; return; }
  answer.held = null;
  result.text += text;
  const span = tokenSpan(text, details, isEnd);
  answer.append(span);
  if (details.length && !answer.matches(":hover, :focus-within")) showToken(span);
  draw();
  follow();
}

function tools(question, request, result, seconds) {
  const count = result.usage?.completion_tokens ?? result.tokens.length;
  const figures = result.usage ? `${result.usage.prompt_tokens} + ${count} tokens` : `${count} tokens`;
  const votes = ["up", "down"].map(vote => element("button", {
    type: "button", className: "small", ariaLabel: vote === "up" ? "Good answer" : "Bad answer", ariaPressed: "false",
    onclick: event => rate(event.currentTarget, vote),
  }, thumb(vote)));
  const line = element("div", { className: "tools" }, ...votes, element("span", { textContent: `${figures} · ${(count / Math.max(seconds, 1e-3)).toFixed(1)} tokens/s` }));
  return line;

  async function rate(button, vote) {
    const sums = {};
    for (const token of result.tokens)
      for (const { expert, weight } of token.votes ?? []) sums[expert] = (sums[expert] ?? 0) + weight / result.tokens.length;
    try {
      await post("/mesh/feedback", {
        completion_id: result.id, vote, model: request.model, prompt: question, answer: result.text,
        weights: Object.fromEntries(Object.entries(sums).map(([expert, share]) => [expert, Math.min(1, share)])),
      });
      votes.forEach(other => { other.ariaPressed = String(other === button); });
      $("announce").textContent = "Thank you, kept.";
    } catch (error) {
      line.append(element("span", { className: "failure", role: "alert", textContent: error.message }));
    }
  }
}

/** Drawn, because a machine may have no font with the sign. */
function thumb(vote) {
  const picture = shape("svg", { viewBox: "0 0 24 24", class: `thumb ${vote}`, "aria-hidden": "true" });
  picture.append(shape("path", { d: "M2 10h4v11H2zM8 21h9.5c.9 0 1.7-.6 1.9-1.4l2.5-7c.4-1.3-.5-2.6-1.9-2.6h-6l1-4.8c.2-1-.2-1.9-1-2.5L13 2 8 9z" }));
  return picture;
}

function busy(on) {
  running = on ? new AbortController() : null;
  $("send").disabled = on;
  $("stop").disabled = !on;
}

function follow() {
  const log = $("log");
  if (log.scrollHeight - log.scrollTop - log.clientHeight < 160) log.scrollTop = log.scrollHeight;
}

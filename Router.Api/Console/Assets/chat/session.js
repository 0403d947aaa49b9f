// The conversation in view and the answer that is running, if one is. Who shows them listens to what happens here.

import { stream } from "../page/client.js";
import { requestOf } from "../settings/settings.js";
import { take } from "./chunks.js";
import { create, list, save } from "./conversations.js";

const events = new EventTarget();
export const on = (event, handler) => events.addEventListener(event, ({ detail }) => handler(detail));
const tell = (event, detail) => events.dispatchEvent(new CustomEvent(event, { detail }));

let current = list()[0] ?? create();
let running = null;

export const conversation = () => current;
export const isRunning = () => running !== null;

/** Shows another conversation; an answer that runs in this one ends and keeps what it has. */
export function open(other) {
  if (other !== current) stop();
  current = other;
  tell("opened", current);
}

export const startNew = () => open(create());

export function ask(question) {
  stop();
  current.at = Date.now();
  current.messages.push({ role: "user", content: question });
  return answer();
}

/** Asks again from a question on, changed or not; what followed it is gone. */
export function askAgain(message, question = message.content) {
  stop();
  current.messages.length = current.messages.indexOf(message);
  return ask(question);
}

export function stop() {
  if (!running) return;
  const run = running;
  end(run, "stopped");
  run.controller.abort();
}

/** What the model is shown: the system prompt and every question that got an answer, and the one asked now. */
export function historyOf(messages, system) {
  const turns = messages.filter((message, i) => message.content && (message.role === "assistant" || i + 1 >= messages.length || messages[i + 1].content));
  return [...(system ? [{ role: "system", content: system }] : []), ...turns.map(({ role, content }) => ({ role, content }))];
}

async function answer() {
  const { system, ...settings } = requestOf();
  const request = { ...settings, messages: historyOf(current.messages, system) };
  const message = { role: "assistant", content: "", model: request.model };
  const run = running = { conversation: current, message, request, controller: new AbortController(), since: performance.now() };
  current.messages.push(message);
  if (!save(current)) tell("unkept");
  tell("started", run);
  try {
    for await (const chunk of stream("/v1/chat/completions", request, run.controller.signal)) {
      if (running !== run) return;   // what is still on its way belongs to nobody
      tell("grew", { message, tokens: take(message, chunk, request) });
    }
    end(run, message.finish ?? "stop");
  } catch (error) {
    end(run, "error", error);
  }
}

function end(run, finish, failure) {
  if (running !== run) return;
  running = null;
  const { message } = run;
  message.finish = finish;
  message.seconds = (performance.now() - run.since) / 1000;
  if (!save(run.conversation)) tell("unkept");
  tell("ended", { ...run, failure });
}

addEventListener("pagehide", stop);

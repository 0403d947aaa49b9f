// The log: the turns of the conversation in view, kept at its end while an answer grows.

import { $, announce } from "../page/dom.js";
import { answerTurn, questionTurn } from "./turns.js";
import { conversation, on } from "./session.js";

const turns = new WeakMap();   // message -> its turn
let waiting = 0;

function turnOf(message, i, messages) {
  if (!turns.has(message))
    turns.set(message, message.role === "user" ? { turn: questionTurn(message) } : answerTurn(message, messages[i - 1] ?? { content: "" }));
  return turns.get(message);
}

/** Shows what the conversation has now; turns that stay are left as they are. */
function show() {
  const wanted = conversation().messages.map((message, i, messages) => turnOf(message, i, messages).turn);
  for (const turn of [...$("log").children])
    if (!wanted.includes(turn)) turn.remove();
  $("log").append(...wanted.filter(turn => !turn.isConnected));
  $("welcome").hidden = wanted.length > 0;
  $("log").scrollTop = $("log").scrollHeight;
}

/** Runs a change of the log's end; who reads further up is left there. */
function following(change) {
  const log = $("log");
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  change();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

export function startLog() {
  on("opened", show);
  on("started", show);
  on("grew", ({ message }) => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      if (!message.finish) following(turns.get(message).draw);
    });
  });
  on("ended", ({ message }) => {
    following(turns.get(message).finish);
    if (message.content) announce(`${message.model} says: ${message.content}`);
  });
  $("markdown").addEventListener("input", () => following(() => {
    for (const message of conversation().messages) turns.get(message).draw?.();
  }));
  show();
}

// One question or one answer in the log.

import { show } from "../markdown/view.js";
import { copyButton } from "../page/clipboard.js";
import { element, iconButton } from "../page/dom.js";
import { count } from "../page/format.js";
import { explore } from "../tokens/explore.js";
import { markOf } from "../tokens/mark.js";
import { piecesOf } from "./chunks.js";
import { edit } from "./edit.js";
import { thumbs } from "./feedback.js";
import { askAgain } from "./session.js";

export function questionTurn(message) {
  const body = element("div", { className: "question", textContent: message.content });
  const turn = element("article", { className: "turn you" }, element("h3", { textContent: "You" }), body);
  const tools = element("div", { className: "tools" },
    iconButton("pencil", "Edit the question", () => edit(turn, body, tools, message)), copyButton("Copy the question", () => message.content));
  turn.append(tools);
  return turn;
}

/** An answer's turn, and what draws it again when it has grown and when it has ended. */
export function answerTurn(message, question) {
  const text = element("div", { className: "text" });
  const end = element("span", { className: "ending" });
  const answer = element("div", { className: "answer", role: "group", ariaLabel: `Answer of ${message.model}. Arrow keys go from token to token.` }, text, end);
  const tools = element("div", { className: "tools" });
  const turn = element("article", { className: "turn" }, element("h3", { textContent: message.model ?? "mesh" }), answer, tools);
  explore(answer, () => piecesOf(message));

  const draw = () => {
    const pieces = piecesOf(message);
    show(text, message.content, pieces, markOf(pieces));
  };
  const finish = () => {
    draw();
    answer.ariaBusy = "false";
    const pieces = piecesOf(message);
    end.replaceChildren(...(pieces.at(-1)?.isEnd ? [markOf(pieces)(pieces.length - 1, "end")] : []));
    tools.replaceChildren(
      copyButton("Copy the answer", () => message.content),
      iconButton("again", "Answer again", () => askAgain(question), { className: "quiet again" }),
      ...(message.content && message.id ? thumbs(message, question) : []),
      element("span", { className: `finish ${message.finish ?? ""}`.replace("stop string", "stop-string"), textContent: endingOf(message) }),
      element("span", { className: "figures", textContent: figuresOf(message) }));
  };
  if (message.finish) finish(); else answer.ariaBusy = "true";
  return { turn, draw, finish };
}

function endingOf(message) {
  switch (message.finish) {
    case "stop": return "Complete";
    case "stop string": return `Stop string ${JSON.stringify(message.stop)}`;
    case "length": return message.usage?.completion_tokens >= message.limit ? `Cut off: most tokens (${message.limit})` : "Cut off: the context is full";
    case "stopped": return "Stopped";
    case "error": return message.content ? "Broken off" : "No answer";
    default: return message.finish ?? "";
  }
}

function figuresOf({ usage, seconds }) {
  if (!usage) return "";
  return `${usage.prompt_tokens} + ${count(usage.completion_tokens, "token")} · ${(usage.completion_tokens / Math.max(seconds, 1e-3)).toFixed(1)} tokens/s`;
}

// A thumb up or down, kept by the router for training.

import { post } from "../page/client.js";
import { announce, iconButton } from "../page/dom.js";
import { piecesOf } from "./chunks.js";
import { fail } from "./failure.js";

export function thumbs(message, question) {
  const buttons = ["up", "down"].map(vote =>
    iconButton(vote, vote === "up" ? "Good answer" : "Bad answer", event => rate(event.currentTarget, vote), { ariaPressed: "false" }));
  return buttons;

  async function rate(button, vote) {
    try {
      await post("/mesh/feedback", { completion_id: message.id, vote, model: message.model, prompt: question.content, answer: message.content, weights: weightsOf(message) });
      for (const other of buttons) other.ariaPressed = String(other === button);
      announce("Thank you, kept.");
    } catch (error) {
      fail(`The thumb was not kept: ${error.message}`);
    }
  }
}

/** The mean weight of each expert over the answer's tokens. */
function weightsOf(message) {
  const tokens = piecesOf(message).flatMap(piece => piece.tokens);
  const sums = {};
  for (const token of tokens)
    for (const { expert, weight } of token.votes ?? []) sums[expert] = (sums[expert] ?? 0) + weight / tokens.length;
  return Object.fromEntries(Object.entries(sums).map(([expert, share]) => [expert, Math.min(1, share)]));
}

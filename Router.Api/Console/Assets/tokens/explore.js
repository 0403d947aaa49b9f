// Pointer, finger and keyboard over the tokens of one answer: one stop for Tab, arrows inside.

import { $, announce } from "../page/dom.js";
import { percent } from "../page/format.js";
import { showTokens } from "./panel.js";

const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10, Home: -Infinity, End: Infinity };

export function explore(answer, pieces) {
  answer.tabIndex = 0;
  const spans = () => [...answer.querySelectorAll(".token")];
  const numberOf = span => Number(span.dataset.token);

  /** The tokens that a span stands for: its own, and those before it that only wrote markup. */
  const tokensOf = span => {
    const number = numberOf(span);
    const before = Math.max(-1, ...spans().map(numberOf).filter(other => other < number));
    return pieces().slice(before + 1, number + 1).flatMap(piece => piece.tokens);
  };
  const point = span => {
    for (const other of document.querySelectorAll(".token[aria-current]")) other.removeAttribute("aria-current");
    for (const part of answer.querySelectorAll(`[data-token="${span.dataset.token}"]`)) part.setAttribute("aria-current", "true");
    showTokens(tokensOf(span));
  };
  const go = span => {
    point(span);
    span.focus();
    const votes = (tokensOf(span).at(-1)?.votes ?? []).filter(vote => vote.weight > 0).sort((a, b) => b.weight - a.weight);
    announce(`${span.textContent}: ${votes.map(vote => `${vote.expert} ${percent(vote.weight)}`).join(", ")}`);
  };

  answer.addEventListener("pointerover", event => {
    const isOver = $("panel").matches(":popover-open");   // opening it moved the text under the pointer
    const span = event.pointerType === "mouse" && !isOver && event.target.closest(".token");
    if (span) point(span);
  });
  answer.addEventListener("click", event => {
    const span = !event.target.closest("a, button") && getSelection().isCollapsed && event.target.closest(".token");
    if (!span) return;
    go(span);
    $("panel").dispatchEvent(new Event("wanted"));
  });
  answer.addEventListener("keydown", event => {
    const isToken = event.target.classList.contains("token");
    if (event.target !== answer && !isToken) return;
    if (event.key === "Enter" && isToken) return $("panel").dispatchEvent(new Event("wanted"));
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = spans().filter((span, i, list) => i === 0 || span.dataset.token !== list[i - 1].dataset.token);
    if (all.length === 0) return;
    event.preventDefault();
    const at = all.findIndex(span => span.dataset.token === document.activeElement.dataset.token);
    go(all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step))]);
  });
}

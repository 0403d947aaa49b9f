// The question box: Enter asks, Escape stops.

import { $, announce } from "../page/dom.js";
import { clear, fail } from "./failure.js";
import { ask, askAgain, isRunning, on, startNew, stop } from "./session.js";

export function startComposer() {
  $("ask").addEventListener("submit", event => { event.preventDefault(); submit(); });
  $("question").addEventListener("keydown", event => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
  });
  $("stop").addEventListener("click", () => { stop(); $("question").focus(); });
  for (const button of document.querySelectorAll(".new-chat"))
    button.addEventListener("click", () => { startNew(); $("question").focus(); });
  for (const example of document.querySelectorAll("#welcome button"))
    example.addEventListener("click", () => { $("question").value = example.textContent; submit(); $("question").focus(); });
  document.addEventListener("keydown", event => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], :popover-open")) return;
    if (isRunning()) stop();
    $("question").focus();
  });

  on("opened", clear);
  on("started", () => { clear(); busy(true); });
  on("ended", ({ conversation, message, failure }) => {
    busy(false);
    if (!failure) return;
    const question = conversation.messages[conversation.messages.indexOf(message) - 1];
    fail(failure.message, () => { askAgain(question); $("question").focus(); });
  });
  on("unkept", () => fail("The browser has no room to keep this conversation: it ends with the page."));
  $("question").focus();
}

function submit() {
  const question = $("question").value.trim();
  if (!question) return;
  if (isRunning()) return announce("An answer is running. Escape stops it.");
  $("question").value = "";
  $("question").dispatchEvent(new Event("input"));
  ask(question);
}

function busy(on) {
  $("send").hidden = on;
  $("stop").hidden = !on;
}

// Who is at this browser: a key that stays in it, and whether it is enrolled.

import { copyButton } from "../page/clipboard.js";
import { $, element } from "../page/dom.js";
import { command, typed } from "./commands.js";
import { create, forget } from "./keys.js";
import { fill } from "./render.js";
import { changed, member, state } from "./state.js";
import { isName } from "./vkey.js";

let isForgetting = false;

export function startIdentity() {
  document.addEventListener("governance", draw);
  $("key-form").addEventListener("submit", async event => {
    event.preventDefault();
    await make($("member-name").value.trim());
  });
}

async function make(name) {
  $("identity-failure").textContent = "";
  try {
    if (!isName(name)) throw new Error("A name has no spaces, no plus sign, and at most 128 characters.");
    state.signer = await create(name);
  } catch (error) {
    $("identity-failure").textContent = error.message;
    return;
  }
  changed();
  $("identity").querySelector("button")?.focus();
}

function draw() {
  const mine = member();
  const key = state.signer?.key.text;
  $("key-form").hidden = !state.isAble || Boolean(key);
  fill($("identity"), [state.isAble, key, mine, Boolean(state.configuration), isForgetting], () => [
    !state.isAble && element("p", { textContent: "This browser makes no Ed25519 keys, or the page came over plain HTTP from another machine: each action shows the command to type instead." }),
    state.isAble && !key && element("p", { textContent: "No key is in this browser: each action shows the command to type instead. A key made here stays here; nothing can copy it." }),
    key && element("p", {}, element("strong", { textContent: state.signer.key.name }), mine ? ` · ${mine.roles?.join(", ") || "no roles"}` : state.configuration ? " · not enrolled yet" : ""),
    key && element("p", { className: "command" }, element("code", { id: "vkey", textContent: key }), copyButton("Copy the verifier key", () => key)),
    key && state.configuration && !mine && element("p", { className: "hint" }, "To be enrolled: ", typed(command("member", "add", state.signer.key.name, "--key", key, "--role", "approver")), " or a proposal of an admin, “Add a member”."),
    key && !isForgetting && element("button", { type: "button", className: "small", textContent: "Forget the key", onclick: () => ask(true) }),
    key && isForgetting && element("div", { className: "row" },
      element("button", { type: "button", className: "small", textContent: "Keep it", onclick: () => ask(false) }),
      element("button", { type: "button", className: "small danger", textContent: "Forget it for good", onclick: drop })),
  ]);
}

/** Asks again in its place: what is forgotten cannot be had back. */
function ask(isAsking) {
  isForgetting = isAsking;
  draw();
  $("identity").querySelector(".row button, :scope > button")?.focus();
}

async function drop() {
  await forget().catch(error => { $("identity-failure").textContent = error.message; });
  isForgetting = false;
  state.signer = null;
  changed();
  $("member-name").focus();
}

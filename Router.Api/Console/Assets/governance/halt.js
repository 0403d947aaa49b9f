// The red button: it asks twice, then stops everything.

import { $, announce } from "../page/dom.js";
import { haltText } from "./acts.js";
import { send, words } from "./api.js";
import { command, typed } from "./commands.js";
import { sign } from "./note.js";
import { fill } from "./render.js";
import { has, member, refresh, state } from "./state.js";

export function startHalt() {
  const dialog = $("halt-dialog");
  $("halt").addEventListener("click", () => {
    $("halt-form").reset();
    $("halt-failure").textContent = "";
    draw();
    dialog.showModal();
  });
  $("halt-not").addEventListener("click", () => dialog.close());
  $("halt-form").addEventListener("input", draw);
  $("halt-form").addEventListener("submit", event => {
    event.preventDefault();
    halt(dialog);
  });
  document.addEventListener("governance", draw);
}

const isMeant = () => ["halt", state.status?.mesh].includes($("halt-word").value.trim());
const isAllowed = () => has("oncall", "admin");

function draw() {
  $("halt-now").disabled = !(isAllowed() && isMeant() && $("halt-reason").value.trim());
  $("halt-now").hidden = !isAllowed();
  const reason = $("halt-reason").value.trim() || "...";
  fill($("halt-instead"), [isAllowed(), Boolean(member()), reason], () => isAllowed() ? [] : [
    member() ? "Whoever is on call or an admin may halt; you are neither. From a terminal: " : "This browser has no enrolled key. From a terminal: ", typed(command("halt", "--reason", reason)),
    ", or past governance, to this router alone: ", typed(command("halt", "--direct", location.origin, "--reason", reason)),
  ]);
}

async function halt(dialog) {
  $("halt-now").disabled = true;
  try {
    // Its name is in the configuration that this page saw last, so governance may be down; the router answers in its place then.
    const { reached = [], unreached = [], committed } = await send("/governance/halt", await sign(haltText(state.configuration.mesh, member().name, $("halt-reason").value), state.signer));
    dialog.close();
    announce(["Halted.", reached.length && `Reached: ${reached.join(", ")}.`, unreached.length && `Not reached: ${unreached.join(", ")}.`, committed === false && "The ledger follows."].filter(Boolean).join(" "));
    $("halt-told").textContent = $("announce").textContent;
  } catch (error) {
    $("halt-failure").textContent = words(error);
    draw();
  }
  await refresh();
}

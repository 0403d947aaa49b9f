// The form of a proposal: an operation, what it would change, and only then the signature.

import { $, announce, element } from "../page/dom.js";
import { get } from "../page/client.js";
import { attempt } from "./act.js";
import { proposalText } from "./acts.js";
import { send } from "./api.js";
import { canonical } from "./canonical.js";
import { command, typed } from "./commands.js";
import { forms } from "./forms.js";
import { showPlan } from "./plan.js";
import { fill } from "./render.js";
import { member, state } from "./state.js";
import { sign } from "./note.js";

let checked = null;   // the operation whose dry run is shown

export function startPropose() {
  $("kind").replaceChildren(...Object.entries(forms).map(([kind, form]) => new Option(form.label, kind)));
  $("kind").addEventListener("input", showFields);
  $("propose").addEventListener("input", event => { if (event.target.closest("#kind, #fields")) forgetPlan(); });
  $("propose").addEventListener("submit", event => { event.preventDefault(); (event.submitter === $("sign-proposal") ? submit : check)(); });
  document.addEventListener("governance", () => {
    const isMember = member() !== null;
    $("sign-proposal").hidden = !isMember;
    fill($("propose-instead"), isMember, () => isMember ? [] : ["To propose from a terminal: ", typed(command("propose", "--help"))]);
  });
  showFields();
  offerExperts();
}

function showFields() {
  forgetPlan();
  $("fields").replaceChildren(...forms[$("kind").value].fields.map(field => element("label", {}, field.label, input(field))));
}

function input({ id, options, number, list, required = false, maxLength, placeholder = "" }) {
  if (options) return element("select", { name: id, required }, ...[...(required ? [] : [new Option("as it is", "")]), ...options.map(option => new Option(option))]);
  if (number) return element("input", { name: id, type: "number", required, placeholder: required ? "" : "as it is", ...Object.fromEntries(Object.entries(number).map(([key, value]) => [key, String(value)])) });
  const text = element("input", { name: id, required, maxLength, placeholder });
  if (list) text.setAttribute("list", list);
  return text;
}

async function offerExperts() {
  const { experts } = await get("/mesh/experts").catch(() => ({ experts: [] }));
  $("known-experts").replaceChildren(...experts.map(({ id }) => new Option(id, id)));
}

function operation() {
  const values = [...$("fields").querySelectorAll("[name]")].filter(field => field.value.trim() !== "").map(field => [field.name, field.type === "number" ? Number(field.value) : field.value.trim()]);
  return forms[$("kind").value].make(Object.fromEntries(values));
}

function forgetPlan() {
  checked = null;
  $("sign-proposal").disabled = true;
  fill($("plan"), null, () => []);
}

async function check() {
  const asked = operation();
  const plan = await showPlan($("plan"), asked, "Dry run of the proposal");
  if (canonical(operation()) !== canonical(asked)) return forgetPlan();
  checked = plan.failure || plan.refused ? null : asked;
  $("sign-proposal").disabled = !checked;
  announce(checked ? "The dry run is shown. It can be signed now." : "The dry run refuses it.");
}

const submit = () => attempt($("sign-proposal"), $("propose-failure"), async () => {
  const text = proposalText(state.status.mesh, member().name, checked, $("propose-reason").value, Number($("propose-hours").value));
  const { hash } = await send("/governance/proposals", await sign(text, state.signer));
  $("propose").reset();
  showFields();
  $("propose-reason").focus();
  return `Proposed${hash ? ` as ${hash.slice(0, 12)}` : ""}.`;
});

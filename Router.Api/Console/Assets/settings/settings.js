// What a request asks for. Every field of the dialog and the model beside the question box survive a reload; the API key lasts as long as the tab.

import { notice } from "../markdown/blocks.js";
import { getKey, setKey } from "../page/client.js";
import { $ } from "../page/dom.js";
import { read, write } from "../page/store.js";
import { useTheme } from "../page/theme.js";

const most = { stops: 4, stopCharacters: 256 };   // OpenAI's four, and the router's length
const escapes = { "\\n": "\n", "\\t": "\t", "\\\\": "\\" };

const fields = () => [...$("settings-form").elements, $("model")].filter(field => field.name && field.type !== "password");

export function startSettings() {
  const kept = read("settings");
  if (kept?.constructor === Object)
    for (const field of fields()) restore(field, kept[field.name]);
  $("key").value = getKey();
  $("key").addEventListener("change", () => { setKey($("key").value); tell(); });
  $("settings-form").addEventListener("input", keep);
  $("model").addEventListener("input", keep);
  $("defaults").addEventListener("click", () => {
    $("settings-form").reset();
    $("key").value = getKey();
    for (const field of [$("theme"), $("tints"), $("markdown")]) field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  $("open-settings").addEventListener("click", () => $("settings").showModal());
  $("tints").addEventListener("input", applyTints);
  $("notice").textContent = notice;
  $("markdown").disabled = notice !== "";
  useTheme($("theme"));
  applyTints();
  check();
}

function restore(field, value) {
  if (field.type === "checkbox") {
    if (typeof value === "boolean") field.checked = value;
  } else if (typeof value === "string" && value.length <= 100_000) {
    if (field === $("model") && ![...field.options].some(option => option.value === value)) field.add(new Option(value));   // an expert that may come yet
    field.value = value;
    if (field.selectedIndex === -1) field.selectedIndex = 0;
  }
}

function keep() {
  check();
  write("settings", Object.fromEntries(fields().map(field => [field.name, field.type === "checkbox" ? field.checked : field.value])));
  tell();
}

const tell = () => document.dispatchEvent(new Event("settings"));

function check() {
  const stops = stopsOf();
  $("stop-strings").setCustomValidity(stops.length > most.stops || stops.some(stop => stop.length > most.stopCharacters) ? "At most four stop strings of 256 characters." : "");
}

const applyTints = () => document.documentElement.classList.toggle("tinted", $("tints").checked);

const stopsOf = () => $("stop-strings").value.split("\n").filter(line => line !== "").map(line => line.replace(/\\[nt\\]/g, found => escapes[found]));

/** The body of a request as the settings have it; what is not valid counts as not given. */
export function requestOf() {
  const valid = id => $(id).value !== "" && $(id).validity.valid;
  const number = id => valid(id) ? Number($(id).value) : undefined;
  const text = id => $(id).value || undefined;
  const stops = $("stop-strings").validity.valid ? stopsOf() : [];
  return {
    model: $("model").value, system: $("system").value.trim() || undefined,
    temperature: number("temperature"), top_p: number("top_p"), top_k: number("top_k"), min_p: number("min_p"), repetition_penalty: number("repetition_penalty"),
    max_completion_tokens: number("max_tokens"), seed: number("seed"), stop: stops.length ? stops : undefined,
    stream: true, stream_options: { include_usage: true }, logprobs: true, top_logprobs: 8,
    mesh: { trace: true, k: number("k"), gate: text("gate"), mix: text("mix"), speculation: number("speculation") },
  };
}

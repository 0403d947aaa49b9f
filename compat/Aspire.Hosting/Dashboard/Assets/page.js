const kept = 1000;
const busy = ["Waiting", "Starting", "Stopping"];
const ended = ["NotStarted", "Finished", "FailedToStart"];
const escapes = /\u001b\[[0-9;?]*[ -\/]*[@-~]/g;
const byId = id => document.getElementById(id);
const rows = new Map();
let selected = null;
let isChosen = false;
let source = null;
let lines = [];
let drawing = false;

const resources = new EventSource("/api/resources");
resources.addEventListener("resource", event => {
  const resource = JSON.parse(event.data);
  rows.set(resource.name, resource);
  draw(resource);
  summarise();
  // Until the reader chooses, the first resource is shown; they come in any order.
  if (!isChosen && (selected === null || resource.order < rows.get(selected).order)) select(resource.name);
  else if (selected === resource.name) describe(resource);
});
resources.addEventListener("error", () => say("The AppHost does not answer", true));
resources.addEventListener("open", summarise);

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function say(text, bad = false) {
  const summary = byId("summary");
  if (summary.textContent !== text) summary.textContent = text;
  summary.className = bad ? "bad" : "";
}

function summarise() {
  const all = [...rows.values()];
  const well = all.filter(r => look(r) === "good").length;
  say(all.length === 0 ? "Connecting" : well === all.length ? `All ${well} healthy` : `${well} of ${all.length} healthy`);
}

function look(resource) {
  if (resource.state === "Running") return resource.health === "Healthy" ? "good" : "busy";
  if (busy.includes(resource.state)) return "busy";
  return resource.state === "Exited" || resource.state === "FailedToStart" ? "bad" : "off";
}

function stateText(resource) {
  if (resource.state === "Running") return resource.health === "Healthy" ? "Running" : "Running, not healthy yet";
  if (resource.state === "Exited") return `Crashed with code ${resource.exitCode}, restarting`;
  return resource.state;
}

// Rows are changed in place, so that focus stays where the reader put it.
function draw(resource) {
  let row = document.querySelector(`tr[data-name="${CSS.escape(resource.name)}"]`);
  if (!row) {
    row = element("tr");
    row.dataset.name = resource.name;
    row.dataset.order = resource.order;
    const name = element("button", { className: "name", type: "button", textContent: resource.name });
    name.addEventListener("click", () => { isChosen = true; select(resource.name); });
    const actions = ["start", "stop", "restart"].map(command => {
      const button = element("button", { type: "button", textContent: command });
      button.dataset.command = command;
      button.setAttribute("aria-label", `${command} ${resource.name}`);
      button.addEventListener("click", () => execute(resource.name, command));
      return button;
    });
    row.append(element("td", {}, name), element("td"), element("td"), element("td"), element("td", {}, ...actions));
    const next = [...byId("resources").children].find(other => Number(other.dataset.order) > resource.order);
    byId("resources").insertBefore(row, next ?? null);
  }
  const [, state, started, endpoints] = row.children;
  state.replaceChildren(element("span", { className: `state ${look(resource)}`, textContent: stateText(resource) }));
  started.textContent = resource.started ? new Date(resource.started).toLocaleTimeString() : "";
  const links = JSON.stringify(resource.endpoints);
  if (endpoints.dataset.links !== links) {
    endpoints.dataset.links = links;
    endpoints.replaceChildren(...resource.endpoints.map(e =>
      element("a", { href: e.value, target: "_blank", rel: "noreferrer", textContent: e.name === "http" ? e.value : e.name, title: e.value })));
  }
  const isEnded = ended.includes(resource.state);
  for (const button of row.querySelectorAll("button[data-command]"))
    button.disabled = button.dataset.command === "start" ? !isEnded : isEnded;
}

async function execute(name, command) {
  say(`${command} ${name}`);
  try {
    const answer = await fetch(`/api/resources/${encodeURIComponent(name)}/${command}`, { method: "POST", headers: { "X-Resource-Page": "1" } });
    if (answer.ok) summarise();
    else say(`${command} ${name}: ${await answer.text() || answer.status}`, true);
  } catch {
    say("The AppHost does not answer", true);
  }
}

function select(name) {
  selected = name;
  for (const row of byId("resources").children) {
    row.classList.toggle("selected", row.dataset.name === name);
    row.querySelector(".name").setAttribute("aria-pressed", row.dataset.name === name);
  }
  byId("details").hidden = false;
  byId("selected").textContent = name;
  describe(rows.get(name));
  source?.close();
  source = new EventSource(`/api/resources/${encodeURIComponent(name)}/logs`);
  // After a break the server sends what it kept once more.
  source.addEventListener("open", () => { lines = []; redraw(); });
  source.addEventListener("line", event => {
    lines.push(event.data.replace(escapes, ""));
    if (lines.length > kept) lines.shift();
    redraw();
  });
  lines = [];
  redraw();
}

function describe(resource) {
  const pair = p => element("tr", {}, element("th", { scope: "row", textContent: p.name }), element("td", { textContent: p.value }));
  byId("properties").replaceChildren(...resource.details.map(pair));
  byId("environment").replaceChildren(...resource.environment.map(pair));
}

function redraw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const wanted = byId("filter").value.toLowerCase();
    const view = byId("lines");
    view.textContent = lines.filter(line => line.toLowerCase().includes(wanted)).join("\n");
    if (byId("follow").checked) view.scrollTop = view.scrollHeight;
  });
}

byId("filter").addEventListener("input", redraw);
byId("clear").addEventListener("click", () => { lines = []; redraw(); });

// Small helpers of the page: elements, colours, numbers.

export const $ = id => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("--")) made.style.setProperty(name, value);
    else if (name in made && name !== "role") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

export function shape(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Colours in the order in which experts are met, far apart from their neighbours and kept for good.
const hues = [215, 28, 145, 330, 50, 265, 185, 0, 95, 300];
const known = new Map();

export function hue(expert) {
  if (!known.has(expert)) known.set(expert, known.size < hues.length ? hues[known.size] : (known.size * 137.5) % 360);
  return known.get(expert);
}

export const colour = expert => `hsl(${hue(expert)} var(--sat) var(--lum))`;
export const tint = expert => `hsl(${hue(expert)} var(--sat) var(--tint))`;
export const percent = share => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`;
export const chance = logprob => percent(Math.exp(logprob));
export const shown = text => text === "" ? "∅" : text.replaceAll("\n", "⏎\n").replaceAll("\t", "⇥").replace(/^ +| +$/g, spaces => "·".repeat(spaces.length));

export function theme() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const apply = () => {
    const choice = $("theme").value;
    root.toggleAttribute("data-dark", choice === "dark" || (choice === "auto" && system.matches));
    if (choice === "auto") delete root.dataset.theme; else root.dataset.theme = choice;
    localStorage.setItem("theme", choice);
  };
  $("theme").value = localStorage.getItem("theme") ?? "auto";
  $("theme").addEventListener("change", apply);
  system.addEventListener("change", apply);
  apply();
}

// Elements and icons.

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

// Drawn, because a machine may have no font with the sign; lines on a square of 24.
const lines = {
  again: "M19 8A8 8 0 1 0 20 14M19 3v5h-5",
  bin: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  check: "M4 13l5 5L20 6",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  pencil: "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4",
  up: "M3 11h4v9H3zM7 18l2 2h8c1 0 2-1 2-2l2-6c0-1-1-2-2-2h-6l1-5c0-1-1-2-2-1L7 11",
  down: "M3 13h4V4H3zM7 6l2-2h8c1 0 2 1 2 2l2 6c0 1-1 2-2 2h-6l1 5c0 1-1 2-2 1L7 13",
};

export function icon(name) {
  const picture = shape("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" });
  picture.append(shape("path", { d: lines[name] }));
  return picture;
}

/** A button that is a picture: its name is told to who cannot see it, and shown on pointing. */
export const iconButton = (name, label, onclick, properties = {}) =>
  element("button", { type: "button", className: "quiet", ariaLabel: label, title: label, onclick, ...properties }, icon(name));

export const announce = text => { $("announce").textContent = text; };

// A colour for every expert, far apart from its neighbours' and kept for good.

const hues = [215, 28, 145, 330, 50, 265, 185, 0, 95, 300];
const known = new Map();

export function hue(expert) {
  if (!known.has(expert)) known.set(expert, known.size < hues.length ? hues[known.size] : (known.size * 137.5) % 360);
  return known.get(expert);
}

export const colour = expert => `hsl(${hue(expert)} var(--sat) var(--lum))`;
export const tint = expert => `hsl(${hue(expert)} var(--sat) var(--tint))`;

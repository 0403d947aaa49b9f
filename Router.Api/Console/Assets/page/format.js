// Numbers and texts as people read them.

export const percent = share => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`;
export const chance = logprob => percent(Math.exp(logprob));
export const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

/** A token's text with what cannot be seen made visible. */
export const shown = text => text === "" ? "∅"
  : text.replaceAll("\t", "⇥").replace(/^ +| +$/g, spaces => "·".repeat(spaces.length))
    .replace(/[^\P{C}\n]|(?! )\p{Z}/gu, sign => `U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`).replaceAll("\n", "⏎\n");

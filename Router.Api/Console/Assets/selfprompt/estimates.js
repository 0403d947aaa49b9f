// Estimates in words.

export const number = value => value.toLocaleString("en", { maximumSignificantDigits: 3 });

const signed = value => (value > 0 ? "+" : "") + number(value);

export const inWords = estimate => estimate ? `${signed(estimate.gain)} (${signed(estimate.low)} to ${signed(estimate.high)}) ${estimate.unit}` : "–";

export const verdictOf = kept => kept === undefined ? "not measured yet" : kept ? "kept" : "not kept";

/** As "perplexity": names are given by machines. */
export const measureOf = ({ metric, unit }) => `${metric.replaceAll("_", " ")}, ${unit}`;

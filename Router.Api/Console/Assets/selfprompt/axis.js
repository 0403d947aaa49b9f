// One axis for several intervals: where a value stands, and the round numbers to mark.

/** From the least to the greatest of the values and zero, with room at both ends. */
export function axisOf(values, from, to) {
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const room = (most - least || 1) * 0.04;
  const [low, high] = [least - room, most + room];
  return { at: value => from + (value - low) / (high - low) * (to - from), ticks: ticks(low, high, Math.max(2, Math.floor((to - from) / 90))) };
}

/** At most `most` round numbers between two, zero among them when it is between them. */
export function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(each => each * power).find(each => each >= rough);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step + 0);   // + 0: no -0
}

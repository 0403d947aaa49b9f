// Times as people read them. What counts down is a <time data-until>, told anew every second.

import { element } from "../page/dom.js";
import { now } from "./api.js";

const units = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

/** The two largest units of a length of time. */
export function length(seconds) {
  const first = units.findIndex(([size]) => seconds >= size);
  if (first < 0) return "0 s";
  return units.slice(first, first + 2).map(([size, name], i) => [Math.floor(i === 0 ? seconds / size : seconds % units[first][0] / size), name])
    .filter(([count]) => count > 0).map(([count, name]) => `${count}\u00a0${name}`).join(" ");
}

export const ago = milliseconds => `${length(Math.max(0, now() - milliseconds / 1000))} ago`;

export const date = seconds => new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });

const left = until => until > now() ? `${length(until - now())} left` : "over";

export const countdown = until => {
  const time = element("time", { dateTime: new Date(until * 1000).toISOString(), title: date(until), textContent: left(until) });
  time.dataset.until = until;
  return time;
};

export function tick(root) {
  for (const time of root.querySelectorAll("time[data-until]")) {
    const text = left(Number(time.dataset.until));
    if (time.textContent !== text) time.textContent = text;
  }
}

// Where an expert is in its cycle of batches, and how far the experts of its worker are in step.

import { shape } from "../page/dom.js";
import { percent } from "../page/format.js";

const windows = { at_once: "begins at once", half_decode: "waits half a decode", all_expected: "waits for all expected", phases: "begins with its phase" };

/** A clock with one hand and an arc as long as the order parameter; the words beside it say the same. */
export function dial() {
  const made = shape("svg", { viewBox: "-10 -10 20 20", class: "dial", "aria-hidden": "true" });
  made.append(
    shape("circle", { r: 8 }),
    shape("circle", { r: 8, class: "order", pathLength: 1, transform: "rotate(-90)" }),
    shape("path", { d: "M0 0V-7", class: "hand" }));
  made.style.display = "none";
  return made;
}

/** Turns the hand to the phase and tells what is known. */
export function turn(made, alignment) {
  const turning = alignment?.phase !== null && alignment?.phase !== undefined;
  made.style.display = turning ? "" : "none";
  if (turning) {
    made.querySelector(".hand").setAttribute("transform", `rotate(${360 * alignment.phase})`);
    made.querySelector(".order").setAttribute("stroke-dasharray", `${alignment.order ?? 0} 1`);
  }
  return alignment ? words(alignment, turning) : "";
}

function words(alignment, turning) {
  const parts = [windows[alignment.window] ?? alignment.window];
  if (alignment.mean_batch > 0) parts.push(`${alignment.mean_batch.toFixed(1)}\u00a0sessions a batch`);
  if (typeof alignment.gain === "number") parts.push(`waiting ${alignment.gain < 0 ? "costs" : "gains"} ${percent(Math.abs(alignment.gain))}`);
  if (turning) parts.push(`phase\u00a0${alignment.phase.toFixed(2)}`, `period\u00a0${alignment.period_ms.toFixed(0)}\u00a0ms`);
  if (typeof alignment.order === "number") parts.push(`order\u00a0r\u00a0=\u00a0${alignment.order.toFixed(2)}`);
  return parts.join(" · ");
}

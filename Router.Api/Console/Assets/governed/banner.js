// What people decided about this mesh, in a word before the status: halted, without the lease, too few experts for its phase.

import { $ } from "../page/dom.js";

export function showGoverned({ halted, lease, phase, fault }) {
  const words = [];
  if (halted) words.push("Halted");
  if (lease === "lost") words.push("No lease: read-only");
  if (phase.degraded) words.push(`Phase ${phase.set} degraded: ${phase.experts_online} of ${phase.needed} experts`);
  else if (phase.set !== null && phase.set !== undefined) words.push(`Phase ${phase.set}`);
  if (fault) words.push("Configuration refused");
  const text = words.join(" · ");
  const banner = $("governed");
  if (banner.textContent !== text) banner.textContent = text;
  banner.title = fault ?? "";
  banner.hidden = !text;
  banner.className = halted ? "halted" : lease === "lost" || phase.degraded || fault ? "warned" : "";
}

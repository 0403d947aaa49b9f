// The log's key as this browser saw it first: whoever changes it later, with all of governance in their hands, is noticed here.

import { read, write } from "../page/store.js";

/** The key to verify with. @throws {Error} It is another than the one this browser knows. */
export function anchored({ mesh, log }) {
  const name = `log.${mesh}`;
  const known = read(name);
  if (known === undefined) write(name, log);
  else if (known !== log) throw new Error("The mesh shows another log key than this browser saw first.");
  return log;
}

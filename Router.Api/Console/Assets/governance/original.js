// What a proposal says in the ledger. A vote signs a hash, so what a person is shown has to be the text of that hash, whatever governance says beside it.

import { idOf, read } from "./acts.js";
import { get, words } from "./api.js";
import { parse } from "./note.js";
import { changed, state } from "./state.js";

const pause = 5000;   // ms before a text that could not be had is asked for again
const known = new Map();   // hash -> { said, fault, at }

/** { said }: what its proposer signed; { fault }: why it is not signed here; neither while it is asked for. */
export function original({ hash, index }) {
  const before = known.get(hash);
  if (before?.said || before && Date.now() - before.at < pause) return before;
  const asked = { fault: before?.fault, at: Infinity };
  known.set(hash, asked);
  ask(hash, index).then(said => known.set(hash, { said }), error => known.set(hash, { fault: words(error), at: Date.now() })).then(changed);
  return asked;
}

async function ask(hash, index) {
  const { body } = await get(`/ledger/entry/${index}`);
  const { text } = parse(String(body?.note));
  if (await idOf(text) !== hash) throw new Error("The ledger has another text there than this hash is of.");
  return read("proposal", state.status.mesh, text);
}

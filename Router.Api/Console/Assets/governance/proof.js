// Verifies a receipt of the ledger (C2SP tlog-proof) here, with nothing but the keys that the mesh was made with: that the entry is in the tree, that the log signed the tree's
// head, and how many witnesses cosigned it.

import { areEqual, fromBase64, join, sha256, utf8 } from "./bytes.js";
import { parse, isSignedBy } from "./note.js";
import { isOf, parseKey, verify } from "./vkey.js";

const head = "c2sp.org/tlog-proof@v1";
const most = { path: 63 };

/** The parts of a receipt. @throws {Error} It is none. */
export function read(proof) {
  const end = proof.indexOf("\n\n");
  const lines = proof.slice(0, Math.max(0, end)).split("\n");
  if (lines[1]?.startsWith("extra ")) lines.splice(1, 1);
  const index = /^index (0|[1-9]\d{0,15})$/.exec(lines[1] ?? "")?.[1];
  if (lines[0] !== head || index === undefined || lines.length - 2 > most.path) throw new Error("This is no proof of a ledger's entry.");
  const path = lines.slice(2).map(hashOf);
  const checkpoint = parse(proof.slice(end + 2));
  const [origin, size, root] = checkpoint.text.split("\n");
  if (!/^(0|[1-9]\d{0,15})$/.test(size ?? "")) throw new Error("The checkpoint names no size.");
  return { index: Number(index), path, checkpoint, origin, size: Number(size), root: hashOf(root ?? "") };
}

function hashOf(line) {
  const bytes = fromBase64(line);
  if (bytes.length !== 32) throw new Error("A hash of the proof has not 32 bytes.");
  return bytes;
}

/** The root that a leaf and its path lead to in a tree of this size (RFC 6962, 2.1.1); null when the path does not fit. */
export async function rootOf(leaf, index, size, path) {
  if (index >= size) return null;
  let [hash, at, last] = [await sha256(join([0], leaf)), index, size - 1];
  for (const sibling of path) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      hash = await sha256(join([1], sibling, hash));
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      hash = await sha256(join([1], hash, sibling));
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : null;
}

/** Whether a witness cosigned the checkpoint: a time (8 bytes) and a signature over both. */
async function isCosignedBy({ text, signatures }, key) {
  for (const { bytes } of signatures.filter(each => isOf(each, key) && each.bytes.length === 4 + 8 + 64)) {
    const time = new DataView(bytes.buffer, 4, 8).getBigUint64(0);
    if (await verify(key, utf8(`cosignature/v1\ntime ${time}\n${text}`), bytes.slice(12))) return true;
  }
  return false;
}

/** What a receipt proves of an entry's bytes, where so many witnesses may lie: { index, size, isVerified, cosigned, needed, fault }. */
export async function check(proof, entry, { log, witnesses, liars }) {
  const needed = Math.floor((witnesses.length + liars) / 2) + 1;
  const result = { needed, cosigned: 0, isVerified: false };
  try {
    const { index, path, checkpoint, origin, size, root } = read(proof);
    Object.assign(result, { index, size });
    const key = await parseKey(log);
    if (origin !== key.name) throw new Error("The checkpoint is of another log.");
    const found = await rootOf(entry, index, size, path);
    if (!found || !areEqual(found, root)) throw new Error("The entry is not what the ledger's tree has there.");
    if (!await isSignedBy(checkpoint, key)) throw new Error("The log did not sign this checkpoint.");
    for (const witness of witnesses)
      if (await isCosignedBy(checkpoint, await parseKey(witness))) result.cosigned++;
    if (result.cosigned < needed) throw new Error(`${result.cosigned} of ${needed} witnesses cosigned it.`);
    result.isVerified = true;
  } catch (error) {
    result.fault = error.message;
  }
  return result;
}

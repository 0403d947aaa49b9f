// Verifier keys of C2SP's signed notes: name+hash+base64 of a kind and an Ed25519 public key.

import { areEqual, fromBase64, join, sha256, toBase64, toHex, utf8 } from "./bytes.js";

export const kinds = { note: 1, cosignature: 4 };

/** A name without white space, plus signs, control characters and characters beyond the first plane, of at most 128. */
export const isName = name => /^[^\s+\p{Cc}\p{Cs}\u{10000}-\u{10FFFF}]{1,128}$/u.test(name);

export async function keyOf(name, kind, publicKey) {
  const typed = join([kind], publicKey);
  const hash = (await sha256(join(utf8(`${name}\n`), typed))).slice(0, 4);
  return { name, kind, publicKey, hash, text: `${name}+${toHex(hash)}+${toBase64(typed)}` };
}

/** @throws {Error} It is no verifier key, or its hash is not its own. */
export async function parseKey(text) {
  const [name, , ...rest] = text.split("+");
  const typed = fromBase64(rest.join("+"));
  if (!isName(name) || typed.length !== 33 || !Object.values(kinds).includes(typed[0])) throw new Error("This is no verifier key.");
  const key = await keyOf(name, typed[0], typed.slice(1));
  if (key.text !== text) throw new Error(`The hash of the key of "${name}" is wrong.`);
  return key;
}

export async function verify(key, message, signature) {
  const imported = await crypto.subtle.importKey("raw", key.publicKey, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, signature, message);
}

/** Whether a line under a note names this key. */
export const isOf = (line, key) => line.name === key.name && areEqual(line.bytes.slice(0, 4), key.hash);

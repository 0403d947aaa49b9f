// C2SP signed notes: a text, an empty line, and a line "— name base64(hash, signature)" for each signature.

import { fromBase64, join, toBase64, utf8 } from "./bytes.js";
import { isName, isOf, verify } from "./vkey.js";

const most = { characters: 65_536, signatures: 64 };

/** The text and the lines under it. @throws {Error} It is no signed note. */
export function parse(note) {
  const split = note.lastIndexOf("\n\n");
  if (note.length > most.characters || split < 1 || !note.endsWith("\n")) throw new Error("A note is a text, an empty line, and signatures.");
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > most.signatures) throw new Error("A note has too many signatures.");
  return { text: note.slice(0, split + 1), signatures: lines.map(parseLine) };
}

function parseLine(line) {
  const [dash, name, base64, ...rest] = line.split(" ");
  if (dash !== "—" || !isName(name ?? "") || !base64 || rest.length) throw new Error("A signature is a line \"— name base64\".");
  const bytes = fromBase64(base64);
  if (bytes.length <= 4) throw new Error("A signature is too short.");
  return { name, bytes, line };
}

/** A note of a text, or one with a further signature: `signer` has `key` and `sign`. */
export async function sign(text, signer, signatures = []) {
  const mine = `— ${signer.key.name} ${toBase64(join(signer.key.hash, await signer.sign(utf8(text))))}`;
  return `${text}\n${[...signatures.map(each => each.line), mine].join("\n")}\n`;
}

/** Whether the key signed the text. */
export async function isSignedBy({ text, signatures }, key) {
  for (const each of signatures)
    if (isOf(each, key) && await verify(key, utf8(text), each.bytes.slice(4))) return true;
  return false;
}

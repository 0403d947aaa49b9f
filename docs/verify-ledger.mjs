#!/usr/bin/env node
// Verifies a ledger of the mesh, or the receipt of one of its entries, with nothing but Node.js: no package, no code of the mesh.
//
//   node verify-ledger.mjs <folder> --log <vkey> [--witness <vkey>]... [--quorum <n>] [--proof <file> --entry <file>]
//
// The folder has what a log serves (C2SP tlog-tiles): checkpoint, tile/<level>/..., tile/entries/.... With '-' as folder only the receipt is checked.
// Exit code: 0 all is right, 1 something is wrong (each on a line), 2 wrong use.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const WIDTH = 256, NOTE = 1, COSIGNATURE = 4;
const wrong = [];
const say = (message) => { if (wrong.length < 100) wrong.push(message); };

// --- Hashes (RFC 6962) ---
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const leafHash = (entry) => sha256(Buffer.of(0), entry);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

/** A tree that grows by leaves: the roots of its complete subtrees, largest first. */
class Tree {
  size = 0;
  peaks = [];
  add(leaf) {
    let hash = leaf;
    for (let n = this.size++; n % 2 === 1; n = (n - 1) / 2) hash = nodeHash(this.peaks.pop(), hash);
    this.peaks.push(hash);
  }
  root() {
    return this.size === 0 ? sha256() : this.peaks.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** The root to which a leaf and its path lead, or null when the path has the wrong length. */
function rootOf(leaf, index, size, path) {
  if (index >= size) return null;
  let [hash, node, last] = [leaf, BigInt(index), BigInt(size) - 1n];
  for (const sibling of path) {
    if (last === 0n) return null;
    if (node % 2n === 1n || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2n === 0n && node !== 0n) [node, last] = [node / 2n, last / 2n];
    } else hash = nodeHash(hash, sibling);
    [node, last] = [node / 2n, last / 2n];
  }
  return last === 0n ? hash : null;
}

// --- Signed notes, checkpoints, cosignatures ---
function base64(text, bytes) {
  const value = Buffer.from(text, 'base64');
  if (value.toString('base64') !== text || (bytes && value.length !== bytes)) throw new Error(`'${text}' is not the base64 that is expected here`);
  return value;
}

function number(text) {
  if (!/^(0|[1-9][0-9]*)$/.test(text) || !Number.isSafeInteger(Number(text))) throw new Error(`'${text}' is no number`);
  return Number(text);
}

function parseKey(text) {
  const [, name, id, data] = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  if (!name) throw new Error(`'${text}' is no verifier key`);
  const typed = base64(data, 33);
  if (keyId(name, typed[0], typed.subarray(1)) !== id) throw new Error(`the hash in the verifier key of '${name}' is wrong`);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), typed.subarray(1)]);
  return { name, raw: typed.subarray(1), key: createPublicKey({ key: spki, format: 'der', type: 'spki' }) };
}

const keyId = (name, kind, raw) => sha256(`${name}\n`, Buffer.of(kind), raw).subarray(0, 4).toString('hex');

function parseNote(text) {
  const split = text.lastIndexOf('\n\n');
  if (split < 0 || !text.endsWith('\n')) throw new Error('a checkpoint is a text, an empty line and signatures');
  const signatures = text.slice(split + 2, -1).split('\n').map((line) => {
    const [, name, data] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    if (!name) throw new Error(`'${line}' is no line of a signature`);
    const bytes = base64(data);
    return { name, id: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) };
  });
  return { text: text.slice(0, split + 1), signatures };
}

function parseCheckpoint(text) {
  const note = parseNote(text);
  const [origin, size, root, end, ...more] = note.text.split('\n');
  if (end !== '' || more.length > 0) throw new Error('a checkpoint has three lines');
  return { ...note, origin, size: number(size), root: base64(root, 32) };
}

const isCosignedBy = (checkpoint, witness) => checkpoint.signatures.some(({ name, id, signature }) => {
  if (name !== witness.name || id !== keyId(name, COSIGNATURE, witness.raw) || signature.length !== 72) return false;
  const message = `cosignature/v1\ntime ${signature.readBigUInt64BE()}\n${checkpoint.text}`;
  return verify(null, Buffer.from(message), witness.key, signature.subarray(8));
});

function checkSignatures(checkpoint, { log, witnesses, quorum }) {
  const isSigned = checkpoint.origin === log.name && checkpoint.signatures.some(({ name, id, signature }) =>
    name === log.name && id === keyId(name, NOTE, log.raw) && signature.length === 64 && verify(null, Buffer.from(checkpoint.text), log.key, signature));
  if (!isSigned) say(`the checkpoint of ${checkpoint.size} entries is not signed by '${log.name}' with this key`);
  const cosigned = witnesses.filter((witness) => isCosignedBy(checkpoint, witness)).length;
  if (cosigned < quorum) say(`the checkpoint of ${checkpoint.size} entries is cosigned by ${cosigned} of ${witnesses.length} witnesses; ${quorum} are needed`);
  return isSigned;
}

// --- Entries: one JSON object in canonical form (RFC 8785), which is what JSON.stringify prints when keys are sorted ---
const canonical = (value) => Array.isArray(value) ? `[${value.map(canonical).join(',')}]`
  : value !== null && typeof value === 'object' ? `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`
    : JSON.stringify(value);

function parseEntry(bytes) {
  const entry = JSON.parse(bytes.toString('utf8'));
  if (!Buffer.from(canonical(entry)).equals(bytes)) throw new Error('it is not in canonical form');
  if (Object.keys(entry).sort().join() !== 'body,id,lamport,node,time,type' || typeof entry.id !== 'string' || !Number.isSafeInteger(entry.lamport) || !Number.isSafeInteger(entry.time)) throw new Error('it is no entry');
  return entry;
}

// --- Tiles ---
function tilePath(level, index, width) {
  let path = String(index % 1000).padStart(3, '0');
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
  return `tile/${level}/${path}${width === WIDTH ? '' : `.p/${width}`}`;
}

/** Compares the tile of this place, if there is one, with the hashes that it must have. */
function checkTile(folder, level, index, hashes) {
  const path = tilePath(level, index, hashes.length);
  if (!existsSync(join(folder, path))) return say(`${path} is missing`);
  const bytes = readFileSync(join(folder, path));
  const at = hashes.findIndex((hash, i) => !hash.equals(bytes.subarray(i * 32, i * 32 + 32)));
  if (at >= 0) say(`${path}: hash ${at} is not that of ${level === 0 ? `entry ${index * WIDTH + at}` : 'the tile below it'}`);
  else if (bytes.length !== hashes.length * 32) say(`${path} has ${bytes.length} bytes`);
}

function readBundle(folder, index, width) {
  const path = tilePath('entries', index, width);
  if (!existsSync(join(folder, path))) { say(`${path} is missing`); return null; }
  const bytes = readFileSync(join(folder, path));
  const entries = [];
  let at = 0;
  while (entries.length < width && at + 2 <= bytes.length && at + 2 + bytes.readUInt16BE(at) <= bytes.length) {
    const length = bytes.readUInt16BE(at);
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  if (entries.length < width) { say(`${path}: entry ${index * WIDTH + entries.length} is missing`); return null; }
  if (at < bytes.length) say(`${path} has more than ${width} entries`);
  return entries;
}

function checkLog(folder, checkpoint) {
  const tree = new Tree(), ids = new Set(), levels = [];
  let lamport = 0, time = 0;
  const push = (level, hash) => {   // the tiles at the right edge of each level
    (levels[level] ??= { index: 0, hashes: [] }).hashes.push(hash);
    const tile = levels[level];
    if (tile.hashes.length < WIDTH) return;
    checkTile(folder, level, tile.index, tile.hashes);
    const above = new Tree();
    tile.hashes.forEach((h) => above.add(h));
    levels[level] = { index: tile.index + 1, hashes: [] };
    push(level + 1, above.root());
  };
  for (let first = 0; first < checkpoint.size; first += WIDTH) {
    const entries = readBundle(folder, first / WIDTH, Math.min(WIDTH, checkpoint.size - first));
    if (!entries) return;
    entries.forEach((bytes, i) => {
      try {
        const entry = parseEntry(bytes);
        if (entry.lamport <= lamport) say(`entry ${first + i}: its Lamport time ${entry.lamport} does not come after ${lamport}`);
        if (entry.time < time) say(`entry ${first + i}: its time ${entry.time} is before ${time}, that of an entry before it`);
        if (ids.has(entry.id)) say(`entry ${first + i}: the id '${entry.id}' is there already`);
        lamport = entry.lamport;
        time = Math.max(time, entry.time);
        ids.add(entry.id);
      } catch (e) {
        say(`entry ${first + i}: ${e.message}`);
      }
      tree.add(leafHash(bytes));
      push(0, leafHash(bytes));
    });
  }
  levels.forEach((tile, level) => { if (tile.hashes.length > 0) checkTile(folder, level, tile.index, tile.hashes); });
  if (!tree.root().equals(checkpoint.root)) say('the entries are not those of the tree that the checkpoint signs');
}

// --- Receipts (C2SP tlog-proof) ---
function checkProof(text, entry, trust) {
  const split = text.indexOf('\n\n');
  const [header, ...lines] = text.slice(0, split).split('\n');
  if (split < 0 || header !== 'c2sp.org/tlog-proof@v1') throw new Error('this is no receipt');
  if (lines[0]?.startsWith('extra ')) lines.shift();
  if (!lines[0]?.startsWith('index ')) throw new Error('the receipt has no index');
  const checkpoint = parseCheckpoint(text.slice(split + 2));
  checkSignatures(checkpoint, trust);
  const index = number(lines[0].slice('index '.length));
  const root = rootOf(leafHash(entry), index, checkpoint.size, lines.slice(1).map((line) => base64(line, 32)));
  if (!root?.equals(checkpoint.root)) say(`the entry is not entry ${index} of the tree of ${checkpoint.size} entries`);
}

function attempt(what, check) {
  try {
    check();
  } catch (e) {
    say(`${what}: ${e.message}`);
  }
}

let trust, folder, options;
try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { log: { type: 'string' }, witness: { type: 'string', multiple: true, default: [] }, quorum: { type: 'string' }, proof: { type: 'string' }, entry: { type: 'string' } },
  });
  [folder, options] = [positionals[0], values];
  if (!folder || positionals.length > 1 || !values.log || (values.proof === undefined) !== (values.entry === undefined)) throw new Error('a folder and the key of the log are needed; a receipt with its entry');
  const witnesses = values.witness.map(parseKey);
  if (new Set(witnesses.map((w) => w.raw.toString('hex'))).size < witnesses.length) throw new Error('a witness is there twice');
  trust = { log: parseKey(values.log), witnesses, quorum: values.quorum === undefined ? Math.floor(witnesses.length / 2) + (witnesses.length > 0 ? 1 : 0) : number(values.quorum) };
} catch (e) {
  console.error(`${e.message}\nnode verify-ledger.mjs <folder> --log <vkey> [--witness <vkey>]... [--quorum <n>] [--proof <file> --entry <file>]`);
  process.exit(2);
}
let size = 0;
if (folder !== '-') attempt('checkpoint', () => {
  const checkpoint = parseCheckpoint(readFileSync(join(folder, 'checkpoint'), 'utf8'));
  size = checkpoint.size;
  // A size that nobody signed says nothing of how much is to be read.
  if (checkSignatures(checkpoint, trust)) checkLog(folder, checkpoint);
});
if (options.proof !== undefined) attempt('receipt', () => checkProof(readFileSync(options.proof, 'utf8'), readFileSync(options.entry), trust));
wrong.forEach((message) => console.log(message));
if (wrong.length === 0) console.log(folder === '-' ? 'The receipt is right.' : `All ${size} entries are right.`);
process.exit(wrong.length === 0 ? 0 : 1);

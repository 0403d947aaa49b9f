// The key of the person at this browser: made by WebCrypto, not extractable, kept in IndexedDB. Nothing but this browser can sign with it, and nothing can copy it.

import { keyOf, kinds } from "./vkey.js";

const store = "keys", slot = "member";

/** Whether this browser can make such keys: Ed25519, and a page that came over HTTPS or from this machine. */
export const isAble = async () => {
  try {
    return Boolean(await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]));
  } catch {
    return false;
  }
};

/** The key that is kept, as `key` (for others to verify with) and `sign`; null when there is none. */
export async function load() {
  const kept = await transact("readonly", keys => keys.get(slot));
  return kept ? signerOf(kept) : null;
}

export async function create(name) {
  const { privateKey, publicKey } = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  const kept = { name, privateKey, publicKey: new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)) };
  await transact("readwrite", keys => keys.put(kept, slot));
  navigator.storage?.persist?.().catch(() => {});   // asked for, so that the browser does not clear it when disks fill
  return signerOf(kept);
}

export const forget = () => transact("readwrite", keys => keys.delete(slot));

const signerOf = async ({ name, privateKey, publicKey }) => ({
  key: await keyOf(name, kinds.note, publicKey),
  sign: async message => new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, message)),
});

function transact(mode, act) {
  return new Promise((done, fail) => {
    const opening = indexedDB.open("mesh", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(store);
    opening.onerror = () => fail(new Error("The browser keeps nothing for this page."));
    opening.onsuccess = () => {
      const transaction = opening.result.transaction(store, mode);
      const request = act(transaction.objectStore(store));
      transaction.oncomplete = () => { opening.result.close(); done(request.result); };
      transaction.onerror = transaction.onabort = () => { opening.result.close(); fail(new Error("The browser could not keep the key.")); };
    };
  });
}

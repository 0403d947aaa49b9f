// Bytes, text and hashes.

export const utf8 = text => new TextEncoder().encode(text);

export const join = (...parts) => {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

export const toBase64 = bytes => btoa(String.fromCharCode(...bytes));

/** @throws {Error} It is not base64 as it is written by machines. */
export function fromBase64(text) {
  const bytes = Uint8Array.from(atob(text), sign => sign.charCodeAt(0));
  if (toBase64(bytes) !== text) throw new Error("This is not base64.");
  return bytes;
}

export const toHex = bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");

export const areEqual = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

export const sha256 = async bytes => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

export const random = length => toHex(crypto.getRandomValues(new Uint8Array(length)));

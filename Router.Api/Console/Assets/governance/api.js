// Governance as the router forwards it: answers, signed notes, and the time it has.

import { call } from "../page/client.js";

let skew = 0;   // ms that the server's clock is ahead; a second exact, which deadlines are too

async function ask(path, options) {
  const response = await call(path, options);
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (Math.abs(date - Date.now() - skew) > 2000) skew = date - Date.now();
  return response;
}

/** Unix seconds by the clock of governance. */
export const now = () => Math.floor((Date.now() + skew) / 1000);

export const get = async (path, signal) => (await ask(path, { signal })).json();

export const getText = async path => (await ask(path)).text();

export const post = async (path, body) => (await ask(path, { method: "POST", body: JSON.stringify(body) })).json();

/** Sends a signed note; what is answered. */
export const send = async (path, note) => (await ask(path, { method: "POST", body: note, type: "text/plain; charset=utf-8" })).json().catch(() => ({}));

const advice = {
  quorum_unavailable: "It is recorded, and takes effect by itself when enough nodes agree again.",
  no_lease: "This part of the mesh is read-only until a majority of its nodes is heard again.",
  unknown_member: "The key of this browser is not enrolled.",
};

/** An error in words. */
export const words = error => error.status === 401 ? "This router needs an API key: see Settings." : [error.message, advice[error.code]].filter(Boolean).join(" ");

// What governance says, who is at this browser, and how both are asked for. Sections redraw on the event "governance".

import { get, words } from "./api.js";
import { isAble, load } from "./keys.js";

export const state = { status: null, configuration: null, proposals: [], history: [], failure: "", signer: null, isAble: true };

export const changed = () => document.dispatchEvent(new Event("governance"));

/** Takes what is kept in this browser; a browser that keeps nothing has no key. */
export async function loadSigner() {
  state.isAble = await isAble();
  state.signer = state.isAble ? await load().catch(() => null) : null;
}

/** The member whose key this browser has, or null: nobody's, or not enrolled. */
export const member = () => state.configuration?.members?.find(each => each.key === state.signer?.key.text) ?? null;

/** Whether this browser's member has one of the roles. */
export const has = (...roles) => roles.some(role => member()?.roles?.includes(role));

export const find = hash => state.proposals.find(proposal => proposal.hash === hash);

let running = null;

/** Asks for everything anew; who asks while it runs gets the next answer, which knows of what they just did. */
export async function refresh() {
  const before = running;
  const mine = (async () => {
    await before;
    await ask();
  })();
  running = mine;
  await mine;
  if (running === mine) running = null;
}

async function ask() {
  try {
    const [status, { proposals }] = await Promise.all([get("/governance/status"), get("/governance/proposals")]);
    if (state.configuration?.version !== status.version || state.history.length === 0) {
      const [configuration, { history }] = await Promise.all([get("/governance/configuration"), get("/governance/history")]);
      Object.assign(state, { configuration, history });
    }
    Object.assign(state, { status, proposals, failure: "" });
  } catch (error) {
    state.failure = words(error);
  }
  changed();
}

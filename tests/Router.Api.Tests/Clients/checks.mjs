import assert from "node:assert/strict";

/** Runs every check and prints one line of JSON for each: {"name", "error"}. */
export async function run(checks) {
  for (const [name, check] of Object.entries(checks)) {
    let error = null;
    try { await check(); } catch (failure) { error = failure?.stack ?? String(failure); }
    console.log(JSON.stringify({ name, error }));
  }
}

/** What a promise was refused with. */
export const failure = promise => promise.then(() => assert.fail("no error"), error => error);

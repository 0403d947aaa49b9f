// What survives a reload. Storage may be full, forbidden, or hold what another program or an older page wrote: none of it may stop the page.

const prefix = "mesh.";

/** The value kept under a name; undefined when there is none or it cannot be read. */
export function read(name) {
  try {
    return JSON.parse(localStorage.getItem(prefix + name) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

/** Whether the value is kept now. */
export function write(name, value) {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function forget(name) {
  try {
    localStorage.removeItem(prefix + name);
  } catch {
    // Nothing was kept then.
  }
}

/** The names under a folder, as "chat." */
export function names(folder) {
  try {
    return Object.keys(localStorage).filter(key => key.startsWith(prefix + folder)).map(key => key.slice(prefix.length));
  } catch {
    return [];
  }
}

/** Calls back when another tab wrote under a folder. */
export const watch = (folder, changed) => addEventListener("storage", event => {
  if (event.key === null || event.key.startsWith(prefix + folder)) changed();
});

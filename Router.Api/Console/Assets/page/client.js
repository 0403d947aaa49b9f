// Talks to the router: plain fetch, server-sent events read as they come.

let key = "";
try {
  key = sessionStorage.getItem("key") ?? "";
} catch {
  // Without storage the key lasts as long as the page.
}

export const getKey = () => key;

export function setKey(value) {
  key = value;
  try {
    sessionStorage.setItem("key", value);
  } catch {
    // As above.
  }
}

export class ApiError extends Error {
  constructor(status, body) {
    super(body?.error?.message ?? body?.detail ?? body?.title ?? `The router answered with status ${status}.`);   // OpenAI's error, or governance's problem
    this.status = status;
    this.code = body?.error?.code ?? body?.code;
  }
}

export async function call(path, { type = "application/json", ...options } = {}) {
  const headers = { ...(options.body ? { "Content-Type": type } : {}), ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  const response = await fetch(path, { ...options, headers }).catch(error => {
    throw error.name === "AbortError" ? error : new Error("The router cannot be reached.");
  });
  if (!response.ok)
    throw new ApiError(response.status, await response.json().catch(() => null));
  return response;
}

export const get = async path => (await call(path)).json();

export const post = (path, body, signal) => call(path, { method: "POST", body: body && JSON.stringify(body), signal });

/** The events of a streamed completion, parsed; ends at [DONE], throws on an error event. */
export async function* stream(path, body, signal) {
  const response = await post(path, body, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch(error => {
      throw error.name === "AbortError" ? error : new Error("The stream broke off.");
    });
    if (done)
      throw new Error("The stream broke off.");
    rest += value;
    const events = rest.split("\n\n");
    rest = events.pop();
    for (const event of events.filter(event => event.startsWith("data: "))) {
      const data = event.slice("data: ".length);
      if (data === "[DONE]")
        return;
      const chunk = JSON.parse(data);
      if (chunk.error)
        throw new ApiError(200, chunk);
      yield chunk;
    }
  }
}

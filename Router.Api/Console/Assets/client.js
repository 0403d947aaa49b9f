// Talks to the router: plain fetch, server-sent events read as they come.

let key = sessionStorage.getItem("key") ?? "";

export const setKey = value => { key = value; sessionStorage.setItem("key", value); };
export const getKey = () => key;

export class ApiError extends Error {
  constructor(status, body) {
    super(body?.error?.message ?? `The router answered with status ${status}.`);
    this.status = status;
    this.code = body?.error?.code;
  }
}

export async function call(path, options = {}) {
  const headers = { ...(options.body ? { "Content-Type": "application/json" } : {}), ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  const response = await fetch(path, { ...options, headers });
  if (!response.ok)
    throw new ApiError(response.status, await response.json().catch(() => null));
  return response;
}

export const get = async path => (await call(path)).json();

export const post = (path, body) => call(path, { method: "POST", body: body && JSON.stringify(body) });

/** The events of a streamed completion, parsed; ends at [DONE], throws on an error event. */
export async function* stream(path, body, signal) {
  const response = await call(path, { method: "POST", body: JSON.stringify(body), signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done)
      throw new ApiError(200, { error: { message: "The stream broke off." } });
    rest += value;
    const events = rest.split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.replace(/^data: /, "");
      if (data === "[DONE]")
        return;
      const chunk = JSON.parse(data);
      if (chunk.error)
        throw new ApiError(200, chunk);
      yield chunk;
    }
  }
}

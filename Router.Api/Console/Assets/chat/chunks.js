// From the chunks of a stream to the text of an answer and its pieces: a run of text with the tokens that made it.

const pieces = new WeakMap();   // message -> { pieces, held, raw }; kept as long as the page

/** The pieces of an answer; none when it was read back after a reload. */
export const piecesOf = message => pieces.get(message)?.pieces ?? [];

/** Adds a chunk to its answer; the tokens that came with it. */
export function take(message, chunk, request) {
  const choice = chunk.choices[0];
  const tokens = chunk.mesh?.tokens ?? [];
  message.id ??= chunk.id;
  message.usage = chunk.usage ?? message.usage;
  if (!choice) return tokens;

  const state = pieces.get(message) ?? { pieces: [], held: [], raw: "" };
  pieces.set(message, state);
  const listed = choice.logprobs?.content ?? [];
  tokens.forEach((token, i) => { token.top = listed[i]?.top_logprobs; state.raw += token.text; });
  const text = choice.delta.content ?? "";
  const isEnd = tokens.length > 0 && text === "" && listed.length < tokens.length;
  if (text !== "" || isEnd) {
    add(state, message.content.length, text, tokens, isEnd);
    message.content += text;
  } else {
    state.held.push(...tokens);   // half a character, or the start of a stop string: told with the text that it becomes part of
  }
  if (choice.finish_reason) finish(message, choice.finish_reason, state, request);
  return tokens;
}

function add(state, from, text, tokens, isEnd) {
  if (state.held.length === 0 && tokens.length > 1 && tokens.map(token => token.text).join("") === text) {
    for (const token of tokens) {
      state.pieces.push({ from, to: from + token.text.length, tokens: [token] });
      from += token.text.length;
    }
  } else {
    state.pieces.push({ from, to: from + text.length, tokens: [...state.held, ...tokens], isEnd });
  }
  state.held = [];
}

/** OpenAI says "stop" of an end that the model chose and of a stop string alike; the trace tells them apart. */
function finish(message, reason, state, request) {
  const stop = request.stop?.find(stop => state.raw.includes(stop));
  const isStopString = reason === "stop" && stop !== undefined && !state.pieces.at(-1)?.isEnd;
  message.finish = isStopString ? "stop string" : reason;
  if (isStopString) message.stop = stop;
  if (reason === "length") message.limit = request.max_completion_tokens;
}

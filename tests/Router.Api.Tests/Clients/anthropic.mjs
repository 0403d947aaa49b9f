// Anthropic's own client, used as anyone would.
import Anthropic from "@anthropic-ai/sdk";
import assert from "node:assert/strict";
import { failure, run } from "./checks.mjs";

const client = new Anthropic({ baseURL: process.env.MESH_URL, apiKey: process.env.MESH_KEY, maxRetries: 0 });
const user = content => ({ role: "user", content });
const ask = (content, more = {}) => ({ model: "mesh", temperature: 0, max_tokens: 40, messages: [user(content)], ...more });
const add = { name: "add", description: "Adds two numbers.", strict: true, input_schema: {
  type: "object", properties: { a: { type: "integer", minimum: 0, maximum: 99 }, b: { type: "integer", minimum: 0, maximum: 99 } }, required: ["a", "b"], additionalProperties: false } };

const checks = {
  async create() {
    const message = await client.messages.create(ask("What is 17 + 25?", { system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }], metadata: { user_id: "someone" }, thinking: { type: "disabled" } }));
    assert.ok(message.id.startsWith("msg_"));
    assert.equal(message.type, "message");
    assert.equal(message.role, "assistant");
    assert.match(message.content[0].text, /42/);
    assert.equal(message.stop_reason, "end_turn");
    assert.equal(message.stop_sequence, null);
    assert.ok(message.usage.input_tokens > 0 && message.usage.output_tokens > 0);
    assert.ok(message._request_id.startsWith("req_"));
  },
  async "begun answer"() {
    const message = await client.messages.create(ask("", { messages: [user("What is 17 + 25?"), { role: "assistant", content: "17 + 25 = " }] }));
    assert.match(message.content[0].text, /^\s*42/);
  },
  async stream() {
    const stream = await client.messages.create(ask("What is 17 + 25?", { stream: true }));
    const types = [];
    let text = "";
    for await (const event of stream) {
      if (types.at(-1) !== event.type) types.push(event.type);
      if (event.type === "content_block_delta") text += event.delta.text;
    }
    assert.match(text, /42/);
    assert.deepEqual(types, ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"]);
  },
  async "stream helper"() {
    const whole = await client.messages.create(ask("What is 17 + 25?"));
    const stream = client.messages.stream(ask("What is 17 + 25?"));
    const pieces = [];
    stream.on("text", piece => pieces.push(piece));
    const message = await stream.finalMessage();
    assert.equal(pieces.join(""), message.content[0].text);
    assert.deepEqual([message.stop_reason, message.usage], [whole.stop_reason, whole.usage]);
    assert.equal(message.content[0].text, whole.content[0].text);
  },
  async abort() {
    const stream = await client.messages.create(ask("Tell a story.", { temperature: 1, max_tokens: 400, stream: true }));
    let events = 0;
    for await (const _ of stream) if (++events === 5) stream.controller.abort();
    assert.ok(events >= 5 && events < 300);
  },
  async tools() {
    const first = await client.messages.create(ask("What is 17 + 25?", { tools: [add], tool_choice: { type: "any", disable_parallel_tool_use: true }, max_tokens: 80 }));
    assert.equal(first.stop_reason, "tool_use");
    assert.equal(first.content.length, 1);
    const [call] = first.content;
    assert.equal(call.type, "tool_use");
    assert.ok(call.id.startsWith("toolu_"));
    assert.equal(call.name, "add");
    assert.ok(Number.isInteger(call.input.a) && Number.isInteger(call.input.b) && call.input.a <= 99 && call.input.b <= 99);
    const next = await client.messages.create(ask("", { tools: [add], messages: [user("What is 17 + 25?"), { role: "assistant", content: first.content },
      user([{ type: "tool_result", tool_use_id: call.id, content: [{ type: "text", text: "42" }] }])] }));
    assert.ok(next.usage.input_tokens > first.usage.input_tokens);
    assert.ok(["end_turn", "tool_use", "max_tokens"].includes(next.stop_reason));
  },
  async "tools streamed"() {
    const stream = client.messages.stream(ask("What is 17 + 25?", { tools: [add], tool_choice: { type: "tool", name: "add" }, max_tokens: 80 }));
    let json = "";
    stream.on("inputJson", piece => json += piece);
    const message = await stream.finalMessage();
    assert.equal(message.stop_reason, "tool_use");
    assert.deepEqual(Object.keys(message.content[0].input), ["a", "b"]);
    assert.deepEqual(JSON.parse(json.slice(0, json.indexOf("}") + 1)), message.content[0].input);
  },
  async "stop sequences"() {
    const message = await client.messages.create(ask("What is 17 + 25?", { stop_sequences: ["###", "2"] }));
    assert.equal(message.stop_reason, "stop_sequence");
    assert.equal(message.stop_sequence, "2");
    const short = await client.messages.create(ask("Tell a story.", { max_tokens: 2 }));
    assert.equal(short.stop_reason, "max_tokens");
    assert.equal(short.usage.output_tokens, 2);
  },
  async "structured answer"() {
    const schema = { type: "object", properties: { sum: { type: "integer" }, sure: { type: "boolean" } }, required: ["sum", "sure"], additionalProperties: false };
    const message = await client.messages.parse(ask("What is 17 + 25?", { temperature: 1, output_config: { format: { type: "json_schema", schema } } }));
    assert.ok(Number.isInteger(JSON.parse(message.content[0].text).sum));
  },
  async "count tokens"() {
    const { input_tokens } = await client.messages.countTokens({ model: "mesh", messages: [user("What is 17 + 25?")], tools: [add] });
    const message = await client.messages.create(ask("What is 17 + 25?", { tools: [add], max_tokens: 1 }));
    assert.equal(input_tokens, message.usage.input_tokens);
  },
  async errors() {
    const fails = async (promise, kind, type) => {
      const error = await failure(promise);
      assert.ok(error instanceof kind, `${error}`);
      assert.equal(error.type, type);
      assert.equal(error.error.type, "error");
      assert.equal(error.requestID, error.error.request_id);
      return error;
    };
    await fails(client.messages.create(ask("x", { model: "claude-sonnet-4-5" })), Anthropic.NotFoundError, "not_found_error");
    assert.match((await fails(client.messages.create(ask("x", { temperature: "hot" })), Anthropic.BadRequestError, "invalid_request_error")).message, /temperature/);
    await fails(client.messages.create(ask("word ".repeat(2000))), Anthropic.BadRequestError, "invalid_request_error");
    await fails(client.messages.stream(ask("word ".repeat(2000))).finalMessage(), Anthropic.BadRequestError, "invalid_request_error");
    const stranger = new Anthropic({ baseURL: process.env.MESH_URL, apiKey: "sk-unknown", maxRetries: 0 });
    await fails(stranger.messages.create(ask("x")), Anthropic.AuthenticationError, "authentication_error");
    const bearer = new Anthropic({ baseURL: process.env.MESH_URL, apiKey: null, authToken: process.env.MESH_KEY, maxRetries: 0 });
    assert.equal((await bearer.messages.create(ask("x", { max_tokens: 1 }))).usage.output_tokens, 1);
  },
};

await run(checks);

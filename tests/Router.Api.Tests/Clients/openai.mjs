// The official client, used as anyone would.
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import assert from "node:assert/strict";
import { failure, run } from "./checks.mjs";

const client = new OpenAI({ baseURL: `${process.env.MESH_URL}/v1`, apiKey: process.env.MESH_KEY, maxRetries: 0 });
const ask = (content, more = {}) => ({ model: "mesh", temperature: 0, max_tokens: 40, messages: [{ role: "user", content }], ...more });
const add = { type: "function", function: { name: "add", description: "Adds two numbers.", strict: true, parameters: {
  type: "object", properties: { a: { type: "integer", minimum: 0, maximum: 99 }, b: { type: "integer", minimum: 0, maximum: 99 } }, required: ["a", "b"], additionalProperties: false } } };

const checks = {
  async models() {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.deepEqual(ids, ["mesh", "arithmetic", "generalist"]);
    assert.equal((await client.models.retrieve("arithmetic")).object, "model");
  },
  async chat() {
    const answer = await client.chat.completions.create(ask("What is 17 + 25?"));
    assert.match(answer.choices[0].message.content, /42/);
    assert.equal(answer.choices[0].finish_reason, "stop");
    assert.ok(answer._request_id.startsWith("req_"));
  },
  async stream() {
    const stream = await client.chat.completions.create(ask("What is 17 + 25?", { stream: true, stream_options: { include_usage: true } }));
    let text = "", usage;
    for await (const chunk of stream) { text += chunk.choices[0]?.delta.content ?? ""; usage = chunk.usage ?? usage; }
    assert.match(text, /42/);
    assert.ok(usage.completion_tokens > 0);
  },
  async "stream helper"() {
    const runner = client.chat.completions.stream(ask("What is 17 + 25?"));
    assert.match(await runner.finalContent(), /42/);
  },
  async abort() {
    const stream = await client.chat.completions.create(ask("Tell a story.", { temperature: 1, max_tokens: 400, stream: true, logit_bias: {} }));
    let chunks = 0;
    for await (const _ of stream) if (++chunks === 5) stream.controller.abort();
    assert.ok(chunks >= 5 && chunks < 300);
  },
  async logprobs() {
    const answer = await client.chat.completions.create(ask("What is 2 + 2?", { logprobs: true, top_logprobs: 3 }));
    for (const token of answer.choices[0].logprobs.content) {
      assert.ok(token.top_logprobs.length >= 1 && token.top_logprobs.length <= 3);   // experts list only tokens that matter
      assert.ok(Math.abs(token.logprob - token.top_logprobs[0].logprob) < 1e-4);   // temperature 0 takes the first
    }
  },
  async completions() {
    const answer = await client.completions.create({ model: "generalist", prompt: "In the beginning", max_tokens: 8, seed: 1 });
    assert.equal(answer.object, "text_completion");
    assert.ok(answer.usage.completion_tokens <= 8);
  },
  async tools() {
    const answer = await client.chat.completions.create(ask("What is 17 + 25?", { tools: [add], tool_choice: "required", max_tokens: 80 }));
    const call = answer.choices[0].message.tool_calls[0];
    assert.equal(answer.choices[0].finish_reason, "tool_calls");
    assert.equal(call.function.name, "add");
    const { a, b } = JSON.parse(call.function.arguments);
    assert.ok(Number.isInteger(a) && Number.isInteger(b) && a <= 99 && b <= 99);
  },
  async "tools streamed"() {
    const runner = client.chat.completions.stream(ask("What is 17 + 25?", { tools: [add], tool_choice: { type: "function", function: { name: "add" } }, max_tokens: 80 }));
    const message = await runner.finalMessage();
    assert.deepEqual(Object.keys(JSON.parse(message.tool_calls[0].function.arguments)), ["a", "b"]);
  },
  async "tool runner"() {
    const added = [];
    const tool = { ...add, function: { ...add.function, parse: JSON.parse, function: ({ a, b }) => { added.push(a + b); return String(a + b); } } };
    const runner = client.chat.completions.runTools(ask("What is 17 + 25?", { tools: [tool], tool_choice: { type: "function", function: { name: "add" } }, max_tokens: 80 }));
    await runner.done();
    assert.ok(added.length === 1 && Number.isInteger(added[0]));   // a named tool is called once, then the runner ends
    assert.equal(runner.messages.at(-1).role, "tool");
    const next = await client.chat.completions.create({ model: "mesh", temperature: 0, max_tokens: 40, tools: [add], tool_choice: "none", messages: runner.messages });
    assert.equal(next.choices[0].message.tool_calls, undefined);
  },
  async zod() {
    const Sum = z.object({ sum: z.int().min(0).max(99), sure: z.boolean() });
    const chat = await client.chat.completions.parse(ask("What is 17 + 25?", { response_format: zodResponseFormat(Sum, "sum") }));
    assert.ok(Sum.parse(chat.choices[0].message.parsed));
    const response = await client.responses.parse({ model: "mesh", temperature: 0, max_output_tokens: 40, input: "What is 17 + 25?", text: { format: zodTextFormat(Sum, "sum") } });
    assert.ok(Sum.parse(response.output_parsed));
  },
  async "structured answer"() {
    const schema = { type: "object", properties: { sum: { type: "integer" }, sure: { type: "boolean" } }, required: ["sum", "sure"], additionalProperties: false };
    for (let seed = 0; seed < 5; seed++) {
      const answer = await client.chat.completions.create(ask("What is 17 + 25?", { temperature: 1.5, seed, max_tokens: 40, response_format: { type: "json_schema", json_schema: { name: "sum", strict: true, schema } } }));
      const value = JSON.parse(answer.choices[0].message.content);
      assert.ok(Number.isInteger(value.sum) && typeof value.sure === "boolean");
    }
  },
  async responses() {
    const first = await client.responses.create({ model: "mesh", temperature: 0, max_output_tokens: 40, input: "What is 17 + 25?" });
    assert.equal(first.status, "completed");
    assert.match(first.output_text, /42/);
    const next = await client.responses.create({ model: "mesh", temperature: 0, max_output_tokens: 40, input: "What is 2 + 2?", previous_response_id: first.id });
    assert.ok(next.usage.input_tokens > first.usage.input_tokens);
    assert.equal((await client.responses.retrieve(first.id)).output_text, first.output_text);
    const items = [];
    for await (const item of client.responses.inputItems.list(first.id)) items.push(item);
    assert.equal(items[0].content[0].text, "What is 17 + 25?");
    await client.responses.delete(first.id);
    await assert.rejects(client.responses.retrieve(first.id), OpenAI.NotFoundError);
    await assert.rejects(client.responses.create({ model: "mesh", input: "x", tools: [{ type: "web_search" }] }), /web_search/);
  },
  async "responses streamed"() {
    const runner = client.responses.stream({ model: "mesh", temperature: 0, max_output_tokens: 80, input: "What is 17 + 25?", tool_choice: "required", tools: [{ type: "function", ...add.function }] });
    const types = new Set();
    for await (const event of runner) types.add(event.type);
    const final = await runner.finalResponse();
    assert.ok(types.has("response.function_call_arguments.delta") && types.has("response.completed"));
    assert.equal(final.output[0].type, "function_call");
    assert.ok(Number.isInteger(JSON.parse(final.output[0].arguments).a));
    const stream = await client.responses.create({ model: "mesh", temperature: 0, input: "What is 17 + 25?", stream: true });
    let text = "";
    for await (const event of stream) if (event.type === "response.output_text.delta") text += event.delta;
    assert.match(text, /42/);
  },
  async embeddings() {
    const { data, usage } = await client.embeddings.create({ model: "mesh", input: ["And God said", "And the Lord spoke", "import os, sys"] });
    const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
    const [first, second, third] = data.map(one => one.embedding);
    assert.ok(Math.abs(dot(first, first) - 1) < 1e-3);
    assert.ok(dot(first, second) > dot(first, third));
    assert.ok(usage.prompt_tokens > 0);
  },
  async errors() {
    const fails = async (promise, kind, code) => {
      const error = await failure(promise);
      assert.ok(error instanceof kind, `${error}`);
      assert.equal(error.code, code);
      return error;
    };
    await fails(client.chat.completions.create(ask("x", { model: "gpt-4" })), OpenAI.NotFoundError, "model_not_found");
    const bad = await fails(client.chat.completions.create(ask("x", { temperature: "hot" })), OpenAI.BadRequestError, "invalid_type");
    assert.equal(bad.param, "temperature");
    await fails(client.chat.completions.create(ask("word ".repeat(2000))), OpenAI.BadRequestError, "context_length_exceeded");
    await fails(client.withOptions({ apiKey: "sk-unknown" }).models.list(), OpenAI.AuthenticationError, "invalid_api_key");
  },
};

await run(checks);

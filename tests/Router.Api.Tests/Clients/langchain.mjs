// LangChain's models for OpenAI, over chat and over responses.
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { z } from "zod";
import assert from "node:assert/strict";
import { failure, run } from "./checks.mjs";

const server = { model: "mesh", apiKey: process.env.MESH_KEY, maxRetries: 0, configuration: { baseURL: `${process.env.MESH_URL}/v1` } };
const chat = new ChatOpenAI({ ...server, temperature: 0, maxTokens: 80 });
const responses = new ChatOpenAI({ ...server, temperature: 0, maxTokens: 80, useResponsesApi: true });
const question = "What is 17 + 25?";
const within = z.int().min(0).max(99);
const add = tool(({ a, b }) => String(a + b), { name: "add", description: "Adds two numbers.", schema: z.object({ a: within, b: within }) });

async function generates(model) {
  const answer = await model.invoke(question);
  assert.match(answer.text, /42/);
  assert.ok(answer.usage_metadata.input_tokens > 0 && answer.usage_metadata.output_tokens > 0);
}

async function streams(model) {
  let whole, chunks = 0;
  for await (const chunk of await model.stream(question)) { whole = whole ? whole.concat(chunk) : chunk; chunks++; }
  assert.match(whole.text, /42/);
  assert.ok(chunks > 2);
  assert.ok(whole.usage_metadata.output_tokens > 0);
}

async function callsTools(model) {
  const asked = new HumanMessage(question);
  const call = await model.bindTools([add], { tool_choice: "add" }).invoke([asked]);
  assert.equal(call.tool_calls[0].name, "add");
  const result = await add.invoke(call.tool_calls[0]);
  assert.ok(result instanceof ToolMessage && /^\d+$/.test(result.content));
  const answer = await model.bindTools([add], { tool_choice: "none" }).invoke([asked, call, result]);
  assert.deepEqual(answer.tool_calls, []);
  const alone = await model.invoke([asked]);
  assert.ok(answer.usage_metadata.input_tokens > alone.usage_metadata.input_tokens);   // call and result were read too
}

await run({
  generate: () => generates(chat),
  stream: () => streams(chat),
  tools: () => callsTools(chat),
  async "tools streamed"() {
    let whole;
    for await (const chunk of await chat.bindTools([add], { tool_choice: "required" }).stream(question)) whole = whole ? whole.concat(chunk) : chunk;
    assert.deepEqual(Object.keys(whole.tool_calls[0].args), ["a", "b"]);
  },
  async object() {
    for (const method of ["jsonSchema", "functionCalling"]) {
      const { sum, sure } = await chat.withStructuredOutput(z.object({ sum: within, sure: z.boolean() }), { name: "sum", method, strict: true }).invoke(question);
      assert.ok(Number.isInteger(sum) && sum <= 99 && typeof sure === "boolean", method);
    }
  },
  async errors() {
    const error = await failure(new ChatOpenAI({ ...server, topP: 7 }).invoke(question));
    assert.equal(error.status, 400);
    assert.equal(error.param, "top_p");
    const unknown = await failure(new ChatOpenAI({ ...server, model: "gpt-4" }).invoke(question));
    assert.equal(unknown.status, 404);
    assert.equal(unknown.lc_error_code, "MODEL_NOT_FOUND");
  },
  async abort() {
    const stop = new AbortController();
    let chunks = 0;
    const error = await failure((async () => {
      for await (const _ of await new ChatOpenAI({ ...server, temperature: 1, maxTokens: 400 }).stream("Tell a story.", { signal: stop.signal })) if (++chunks === 5) stop.abort();
    })());
    assert.ok(chunks >= 5 && chunks < 300, `${chunks}`);
    assert.match(String(error), /abort/i);
  },
  "responses generate": () => generates(responses),
  "responses stream": () => streams(responses),
  "responses tools": () => callsTools(responses),
  async embeddings() {
    const model = new OpenAIEmbeddings(server);
    const [first, second, third] = await model.embedDocuments(["And God said", "And the Lord spoke", "import os, sys"]);
    const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
    assert.ok(Math.abs(dot(first, first) - 1) < 1e-3);
    assert.ok(dot(first, second) > dot(first, third));
    assert.equal((await model.embedQuery("And God said")).length, first.length);
    assert.equal((await model.embedDocuments(Array.from({ length: 600 }, (_, i) => `text ${i}`))).length, 600);   // sent 512 at once
  },
});

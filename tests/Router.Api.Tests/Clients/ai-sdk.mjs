// Vercel's AI SDK with its providers for OpenAI (chat and responses) and for servers like it.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, embed, embedMany, cosineSimilarity, generateText, isStepCount, Output, streamText, tool } from "ai";
import { z } from "zod";
import assert from "node:assert/strict";
import { failure, run } from "./checks.mjs";

const baseURL = `${process.env.MESH_URL}/v1`;
const openai = createOpenAI({ baseURL, apiKey: process.env.MESH_KEY });
const compatible = createOpenAICompatible({ name: "mesh", baseURL, apiKey: process.env.MESH_KEY, includeUsage: true, supportsStructuredOutputs: true });
const question = { prompt: "What is 17 + 25?", temperature: 0, maxOutputTokens: 80, maxRetries: 0 };
const within = z.int().min(0).max(99);

/** A tool that must be called first; then an answer in words. */
function adding() {
  const sums = [];
  const add = tool({ description: "Adds two numbers.", inputSchema: z.object({ a: within, b: within }), execute: async ({ a, b }) => { sums.push(a + b); return a + b; } });
  return { sums, tools: { add }, stopWhen: isStepCount(2), prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? "required" : "none" }) };
}

async function checkSteps(model, steps, sums) {
  assert.equal(steps.length, 2);
  assert.equal(steps[0].finishReason, "tool-calls");
  assert.equal(steps[0].toolResults[0].output, sums[0]);
  assert.ok(Number.isInteger(sums[0]) && sums.length === 1);
  const alone = await generateText({ model, ...question });
  assert.ok(steps[1].usage.inputTokens > alone.usage.inputTokens);   // call and result were read too
}

const checksOf = (name, model) => ({
  async [`${name} generate`]() {
    const { text, finishReason, usage } = await generateText({ model, ...question });
    assert.match(text, /42/);
    assert.equal(finishReason, "stop");
    assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0);
  },
  async [`${name} stream`]() {
    const result = streamText({ model, ...question });
    const parts = [];
    for await (const part of result.textStream) parts.push(part);
    assert.match(parts.join(""), /42/);
    assert.ok(parts.length > 1);
    assert.equal(await result.finishReason, "stop");
    assert.ok((await result.usage).outputTokens > 0);
  },
  async [`${name} tools`]() {
    const { sums, ...tools } = adding();
    await checkSteps(model, (await generateText({ model, ...question, ...tools })).steps, sums);
  },
  async [`${name} tools streamed`]() {
    const { sums, ...tools } = adding();
    const result = streamText({ model, ...question, ...tools });
    const types = new Set();
    for await (const part of result.fullStream) types.add(part.type);
    assert.ok(types.has("tool-input-delta") && types.has("tool-result") && types.has("finish") && !types.has("error"), [...types].join());
    await checkSteps(model, await result.steps, sums);
  },
  async [`${name} object`]() {
    const output = Output.object({ schema: z.object({ sum: within, sure: z.boolean() }) });
    const { output: { sum, sure } } = await generateText({ model, ...question, output });
    assert.ok(Number.isInteger(sum) && sum <= 99 && typeof sure === "boolean");
    const streamed = streamText({ model, ...question, output });
    let last;
    for await (const partial of streamed.partialOutputStream) last = partial;
    assert.deepEqual(last, { sum, sure });
  },
  async [`${name} errors`]() {
    const error = await failure(generateText({ model, ...question, topP: 7 }));
    assert.ok(APICallError.isInstance(error), String(error));
    assert.equal(error.statusCode, 400);
    assert.match(error.message, /top_p/);
    assert.equal(JSON.parse(error.responseBody).error.param, "top_p");
    assert.equal(error.isRetryable, false);
  },
  async [`${name} abort`]() {
    const stop = new AbortController();
    const result = streamText({ model, ...question, prompt: "Tell a story.", temperature: 1, maxOutputTokens: 400, abortSignal: stop.signal, onError() {} });
    let parts = 0, aborted = false;
    for await (const part of result.fullStream) {
      if (part.type === "text-delta" && ++parts === 5) stop.abort();
      aborted ||= part.type === "abort";
    }
    assert.ok(aborted && parts >= 5 && parts < 300, `${parts}`);
  },
});

async function embeds(model) {
  const { embeddings, usage } = await embedMany({ model, values: ["And God said", "And the Lord spoke", "import os, sys"], maxRetries: 0 });
  assert.ok(cosineSimilarity(embeddings[0], embeddings[1]) > cosineSimilarity(embeddings[0], embeddings[2]));
  assert.ok(usage.tokens > 0);
  assert.deepEqual((await embed({ model, value: "And God said" })).embedding.length, embeddings[0].length);
}

await run({
  ...checksOf("chat", openai.chat("mesh")),
  ...checksOf("responses", openai.responses("mesh")),
  ...checksOf("compatible", compatible("mesh")),
  embeddings: () => embeds(openai.embedding("mesh")),
  "compatible embeddings": () => embeds(compatible.embeddingModel("mesh")),
});

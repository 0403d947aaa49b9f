import assert from "node:assert/strict";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import { failure, run } from "./checks.mjs";

const definition = loader.loadSync(process.env.MESH_PROTO, { keepCase: true, defaults: true });
const { MeshLlmService } = grpc.loadPackageDefinition(definition).worldcompute.v1;
const service = new MeshLlmService(process.env.MESH_GRPC, grpc.credentials.createInsecure());
const key = { authorization: `Bearer ${process.env.MESH_KEY}` };

/** One call, with the metadata given. */
const call = (method, request, entries = key) => new Promise((resolve, reject) => {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  service[method](request, metadata, { deadline: Date.now() + 60_000 }, (error, answer) => error ? reject(error) : resolve(answer));
});

await run({
  async status() {
    const answer = await call("GetRouterStatus", {});
    assert.equal(answer.online_expert_count, 2);
    assert.deepEqual(answer.online_expert_ids.sort(), ["arithmetic", "generalist"]);
  },
  async register() {
    const error = await failure(call("RegisterExpert", { expert_id: "not an id", model_name: "x.gguf", capacity_tokens_per_sec: 1.5 }));
    assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
    assert.match(error.details, /expert_id/);
  },
  async "self-task"() {
    const answer = await call("SubmitSelfTask", { task_type: "gate" });
    assert.equal(answer.accepted, false);
    assert.ok(answer.prompt_preview.length <= 200);
  },
  async halt() {
    const unsigned = await failure(call("HaltMesh", { requester_id: "ben", reason: "stop" }));
    assert.equal(unsigned.code, grpc.status.UNAUTHENTICATED);
    const forged = await failure(call("HaltMesh", { requester_id: "ben", reason: "stop" }, { ...key, "mesh-halt-bin": Buffer.from("no note") }));
    assert.equal(forged.code, grpc.status.INVALID_ARGUMENT);
  },
  async key() {
    assert.equal((await failure(call("GetRouterStatus", {}, {}))).code, grpc.status.UNAUTHENTICATED);
  },
});
service.close();

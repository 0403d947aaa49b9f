import assert from "node:assert/strict";
import { CommunicationProtocolEnum as Protocol, DaprClient, DaprServer, HttpMethod } from "@dapr/dapr";

const { DAPR_APP: app, DAPR_HTTP: http, DAPR_GRPC: grpc } = process.env;
const quiet = { logger: { log() {}, error: console.error, warn() {}, info() {}, verbose() {}, debug() {} } };
const options = protocol => ({ daprHost: "127.0.0.1", daprPort: protocol === Protocol.HTTP ? http : grpc, communicationProtocol: protocol, ...quiet });

const server = new DaprServer({ serverHost: "127.0.0.1", serverPort: app, clientOptions: options(Protocol.HTTP), ...quiet });
const got = [];
await server.pubsub.subscribeBulk("pubsub", "npm-bulk", async event => { got.push(event); }, { maxMessagesCount: 5, maxAwaitDurationMs: 200 });
await server.invoker.listen("echo", async data => ({ said: JSON.parse(data.body), by: data.query }), { method: HttpMethod.POST });
await server.start();

const clients = [new DaprClient(options(Protocol.HTTP)), new DaprClient(options(Protocol.GRPC))];
// daprd's in-memory broker keeps nothing for a subscription that is not there yet.
for (const end = Date.now() + 60_000; got.length === 0 && Date.now() < end; await new Promise(done => setTimeout(done, 200)))
  await clients[0].pubsub.publish("pubsub", "npm-bulk", { from: "ready", n: -1 });
const checks = {};
for (const [client, name] of [[clients[0], "HTTP"], [clients[1], "gRPC"]]) {
  const mine = () => got.filter(event => event.from === name);
  checks[`bulk over ${name}`] = async () => {
    const answer = await client.pubsub.publishBulk("pubsub", "npm-bulk", Array.from({ length: 12 }, (_, n) => ({ from: name, n })));
    assert.deepEqual(answer.failedMessages, []);
    for (const end = Date.now() + 60_000; mine().length < 12; await new Promise(done => setTimeout(done, 20)))
      assert(Date.now() < end, `${mine().length} of 12 events came`);
    assert.deepEqual(mine().map(event => event.n).sort((a, b) => a - b), Array.from({ length: 12 }, (_, n) => n));
  };
  checks[`a failed bulk over ${name}`] = async () => {
    const answer = await client.pubsub.publishBulk("no-such-broker", "npm-bulk", ["a", "b"]);
    assert.equal(answer.failedMessages.length, 2);
  };
  checks[`invoke over ${name}`] = async () => {
    const answer = await client.invoker.invoke("node", "echo", HttpMethod.POST, { hello: "mesh" });
    assert.deepEqual((typeof answer === "string" ? JSON.parse(answer) : answer).said, { hello: "mesh" });
  };
}
for (const [name, check] of Object.entries(checks)) {
  let error = null;
  try { await check(); } catch (failure) { error = failure?.stack ?? String(failure); }
  console.log(JSON.stringify({ name, error }));
}
process.exit(0);

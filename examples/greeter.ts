/**
 * A service that tells the node beside it where it is: `bun examples/greeter.ts http://127.0.0.1:8400 greeter-1`.
 * So that one can see what becomes of the sick, it falls ill on request: `curl -X POST http://127.0.0.1:PORT/be/hanging`.
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "@grapevine/log/client";

const [node = "http://127.0.0.1:8400", id = "greeter"] = process.argv.slice(2);

const states: Readonly<Record<string, (response: ServerResponse) => void>> = {
  well: (response) => response.end(`hello from ${id}\n`),
  hanging: () => {}, // Takes the request, and never answers.
  overloaded: (response) => response.writeHead(429).end("too much to do\n"),
};
let state = "well";

const server = createServer((request, response) => {
  const wanted = /^\/be\/(.+)$/.exec(request.url ?? "")?.[1];
  if (wanted === undefined) return states[state]?.(response);
  if (request.method !== "POST" || !(wanted in states)) return response.writeHead(404).end();
  state = wanted;
  return response.end(`${id} is ${state}\n`);
});
await once(server.listen(0, "127.0.0.1"), "listening");
const { port } = server.address() as AddressInfo;

await using grapevine = connect(node, { failover: false });
await grapevine.services.register({
  name: "greeter",
  id,
  address: "127.0.0.1",
  port,
  checks: [{ type: "http", url: `http://127.0.0.1:${port}/health`, intervalMs: 1_000, timeoutMs: 500 }],
});
console.log(`${id} listens on http://127.0.0.1:${port}`);

await once(process, "SIGTERM");
await grapevine.services.deregister(id);
server.close();
server.closeAllConnections();

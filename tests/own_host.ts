/**
 * Where real nodes of a test listen. Nodes go on talking to one that they lost, and the system soon gives its port to
 * another process: on one address for all tests, clusters of strangers would find each other, and a node that is to come
 * back at its old port would now and then find it taken.
 */
import { createServer } from "node:net";

/** An address of this machine that no other test file listens on, which runs in a process of its own. */
export const ownHost = hostOf(process.pid);

/** A free port there, to bind to. */
export const ownAddress = `${ownHost}:0`;

/** A port that is free at a host, for programs that take no zero. */
export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, host, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** All of 127/8 is this machine on Linux; elsewhere only one address is. */
function hostOf(processId: number): string {
  if (process.platform !== "linux") return "127.0.0.1";
  return ["127", 128 + ((processId >> 16) & 127), (processId >> 8) & 255, processId & 255].join(".");
}

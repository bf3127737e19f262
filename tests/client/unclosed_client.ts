/**
 * A program that uses a client until that watches the servers, and ends without closing it. Its argument is a node's URL; it
 * prints a line when it has nothing more to do.
 */
import { clientClock } from "../../src/client/client_clock.ts";
import { LogClient } from "../../src/client/log_client.ts";
import { ServerWatch } from "../../src/client/server_watch.ts";
import { openNodeTransport } from "../../src/client/transport_node.ts";

const url = process.argv[2] ?? "";
let aheadMs = 0;
/** Real time, but for one leap. */
const clock = {
  ...clientClock,
  nowMs: () => clientClock.nowMs() + aheadMs,
  schedule: (atMs: number, callback: () => void, options?: { readonly inBackground?: boolean }) =>
    clientClock.schedule(atMs - aheadMs, callback, options),
};
let markWatching = (): void => {};
const watching = new Promise<void>((resolve) => {
  markWatching = resolve;
});
const client = new LogClient([url], {
  clock,
  openTransport: (server) => {
    const opened = openNodeTransport(server);
    // The first thing that a watch hears is who is there.
    const onServer = (given: ConstructorParameters<typeof ServerWatch>[0]["onServer"]): typeof given => {
      return (...heard) => {
        given(...heard);
        markWatching();
      };
    };
    return { ...opened, watch: (given) => new ServerWatch({ ...given, onServer: onServer(given.onServer) }) };
  },
});
await client.members();
// Clients begin to watch when they have been used for so long.
aheadMs = 2_000;
await client.members();
// A watch is no reason for a process to stay: this one stays for what it prints.
const reasonToStay = setInterval(() => {}, 1_000);
await watching;
clearInterval(reasonToStay);
console.log("done");

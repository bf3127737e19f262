/** Calls whichever greeters are well, ten times a second: `bun examples/greetings.ts http://127.0.0.1:8400`. */
import { setTimeout as pause } from "node:timers/promises";
import { createServiceBalancer } from "@grapevine/log/client";

const [, , ...nodes] = process.argv;
const seeds = nodes.length > 0 ? nodes : ["http://127.0.0.1:8400"];
await using greeters = createServiceBalancer({ service: "greeter", seeds, timeoutMs: 1_000 });

for (;;) {
  try {
    const response = await greeters.fetch("/");
    process.stdout.write(await response.text());
  } catch (error) {
    console.error(`nobody says hello: ${(error as Error).message}`);
  }
  await pause(100);
}

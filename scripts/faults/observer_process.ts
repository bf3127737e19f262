/**
 * Looks at all nodes from outside, in a process of its own: nothing but their addresses and the ledgers is known to it.
 * Reads a command a line: `converge` answers with the milliseconds until every node holds what any of them held when the
 * command came; `check` with a verdict on all that nodes hold and consumers were given.
 */
import { createInterface } from "node:readline";
import { Checker } from "./checker.ts";
import { readLedgers } from "./ledger.ts";
import { type Have, RawNode } from "./raw_node.ts";

interface ObserverOptions {
  readonly ledger: string;
  readonly topic: string;
  readonly urls: readonly string[];
  /** How long nodes may take to converge. */
  readonly convergeMsMax: number;
}

const pollMs = 50;
const { ledger, topic, urls, convergeMsMax } = JSON.parse(process.argv[2] ?? "{}") as ObserverOptions;
const nodes = urls.map((url) => new RawNode(url));

async function haves(): Promise<Have[]> {
  return Promise.all(nodes.map(async (node) => (await node.describe(topic)).have));
}

async function converge(): Promise<number> {
  const beganAtMs = performance.now();
  const goal = new Map<string, number>();
  let problem = "nobody was asked";
  while (performance.now() < beganAtMs + convergeMsMax) {
    try {
      const present = await haves();
      if (goal.size === 0) {
        for (const [writer, sequence] of present.flatMap((have) => [...have])) {
          goal.set(writer, Math.max(goal.get(writer) ?? 0, sequence));
        }
      }
      const lacking = present.flatMap((have, index) =>
        [...goal].flatMap(([writer, sequence]) => {
          const held = have.get(writer) ?? 0;
          return held < sequence ? [`${urls[index]} holds ${held} of ${sequence} of ${writer}`] : [];
        }),
      );
      if (lacking.length === 0) return performance.now() - beganAtMs;
      problem = lacking.join(", ");
    } catch (error) {
      // A node that is just starting does not answer.
      problem = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Error(`Cannot see all nodes hold the same after ${convergeMsMax} ms: ${problem}`);
}

async function check(): Promise<object> {
  const checker = new Checker();
  for (const node of nodes) {
    const { nextOffset } = await node.describe(topic);
    await checker.readLog(node.url, node.records(topic, nextOffset));
  }
  for await (const { client, lines } of readLedgers(ledger, "acknowledged")) {
    for await (const line of lines) {
      const [number, writer = "", sequence] = line.split(" ");
      checker.readAcknowledged(client, Number(number), writer, Number(sequence));
    }
  }
  for (const kind of ["delivered", "left"] as const) {
    for await (const { client, lines } of readLedgers(ledger, kind)) {
      const given: string[] = [];
      for await (const line of lines) given.push(line);
      checker.readDelivered(client, given, { isWhole: kind === "delivered" });
    }
  }
  return checker.verdict();
}

const commands: Readonly<Record<string, () => Promise<unknown>>> = { converge, check };
for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify({ answer: await commands[line]?.() }));
  } catch (error) {
    console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
  }
}

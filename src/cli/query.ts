import type { Command } from "commander";
import { toText } from "../base/mod.ts";
import { clientOf, collectPair, wholeNumber, withFormats, withServers } from "./arguments.ts";
import { duration } from "./durations.ts";
import { printLine, printNote } from "./output.ts";

interface QueryFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
  readonly node?: readonly string[];
  readonly tag?: Readonly<Record<string, string>>;
  readonly timeout?: number;
  readonly ack: boolean;
  readonly relayFactor: number;
}

export function addQueryCommand(program: Command): void {
  const command = program
    .command("query")
    .description("Ask all members of the cluster, or some, and show what they answer")
    .argument("<name>", "name of the query")
    .argument("[payload]", "what it says", "")
    .option("--node <name>", "only this member, repeatable", collect)
    .option("--tag <key=expression>", "only members in whose tag the expression is found, repeatable", collectPair)
    .option("--timeout <time>", "how long answers are waited for, as 15s", duration)
    .option("--no-ack", "members do not say at once that the query arrived")
    .option("--relay-factor <count>", "copies of each answer that go by way of other members", wholeNumber(0), 0);
  withServers(withFormats(command, ["text", "json"])).action(ask);
}

function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

async function ask(name: string, payload: string, flags: QueryFlags): Promise<void> {
  await using client = clientOf(flags);
  const isText = flags.format === "text";
  const acks: string[] = [];
  const responses = new Map<string, string>();
  let silent: readonly string[] = [];
  if (isText) await printLine(`Query '${name}' dispatched`);
  const { node: nodes, tag: tags, timeout: timeoutMs, ack: wantsAcks, relayFactor } = flags;
  const filter = { ...(nodes && { nodes }), ...(tags && { tags }), ...(timeoutMs && { timeoutMs }) };
  for await (const event of client.cluster.query(name, payload, { ...filter, wantsAcks, relayFactor })) {
    if (event.type === "end") {
      silent = event.silent;
    } else if (event.type === "ack") {
      acks.push(event.from);
      if (isText) await printLine(`Ack from '${event.from}'`);
    } else {
      const text = toText(event.payload);
      responses.set(event.from, text);
      // Programs answer with a newline at the end, which is not to double the line's own.
      if (isText) await printLine(`Response from '${event.from}': ${text.replace(/\n$/, "")}`);
    }
  }
  if (!isText) {
    return printLine(JSON.stringify({ Acks: acks, Responses: Object.fromEntries(responses) }, undefined, 2));
  }
  if (wantsAcks) await printLine(`Total Acks: ${acks.length}`);
  await printLine(`Total Responses: ${responses.size}`);
  if (silent.length > 0) printNote(`No answer in time from ${silent.join(", ")}`);
}

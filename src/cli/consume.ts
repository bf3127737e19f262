import { Argument, type Command, Option } from "commander";
import { concat } from "../base/mod.ts";
import {
  type ConsumeFrom,
  type ConsumeOptions,
  Consumer,
  GroupConsumer,
  type LogClient,
  type LogRecord,
  NamedConsumer,
} from "../client/mod.ts";
import { checkUsage, clientOf, parseFrom, topicArgument, wholeNumber, withFormats, withServers } from "./arguments.ts";
import { nameArgument } from "./cursors.ts";
import { FailoverNotes } from "./failover_notes.ts";
import { printBytes, printNote } from "./output.ts";

interface ConsumeFlags {
  readonly server?: readonly string[];
  readonly format: "raw" | "json";
  readonly from: ConsumeFrom;
  readonly name?: string;
  readonly group?: string;
  readonly member?: string;
  readonly follow?: boolean;
  readonly count?: number;
  readonly outOfRange: NonNullable<ConsumeOptions["outOfRange"]>;
}

/** Output is written in pieces of about this size while there is more at hand. */
const pieceBytes = 65_536;
const newline = new Uint8Array([10]);

export function addConsumeCommand(program: Command): void {
  const command = program
    .command("consume")
    .description("Print the records of a topic, in the asked node's order")
    .addArgument(new Argument("<topic>", "name of the topic").argParser(topicArgument))
    .option(
      "--from <start>",
      "earliest, latest, an offset, a time (2026-01-31T12:00:00Z) or a cursor",
      parseFrom,
      "earliest",
    )
    .option(
      "--name <name>",
      "go on where consumers of this name stopped, on whatever node, and keep the place; --from is for the first of them",
      nameArgument("cursor"),
    )
    .option("--group <name>", "share the topic with others who consume under this group", nameArgument("group"))
    .option("--member <name>", "name in the group: whoever has it again gets the same share", nameArgument("member"))
    .option("--follow", "wait at the end for what comes")
    .option("--count <n>", "stop after so many records", wholeNumber(1))
    .addOption(
      new Option("--out-of-range <policy>", "what to do where the asked node no longer holds what comes next")
        .choices(["another-node", "earliest", "error"])
        .default("another-node"),
    );
  withServers(withFormats(command, ["raw", "json"])).action(consumeTopic);
}

async function consumeTopic(topic: string, flags: ConsumeFlags): Promise<void> {
  const { name, group, member } = flags;
  checkUsage(name === undefined || group === undefined, "consume takes --name or --group, not both");
  checkUsage(member === undefined || group !== undefined, "consume takes --member with --group only");
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  await using client = clientOf(flags);
  // A consumer tries for a while to reach a server: whoever named a wrong one is to hear of it at once.
  await client.servers();
  const notes = new FailoverNotes(printNote);
  const options: ConsumeOptions = {
    from: flags.from,
    follow: flags.follow ?? false,
    signal: controller.signal,
    outOfRange: flags.outOfRange,
    onGap: (gap) => printNote(`gone: records ${gap.from} to ${gap.to} of writer ${gap.writer}`),
    onFailover: (failover) => notes.tell(failover),
  };
  await printRecords(consumerOf(client, topic, { ...flags, options }), { ...flags, onRecord: () => notes.forget() });
}

type AnyConsumer = Consumer | NamedConsumer | GroupConsumer;

function consumerOf(
  client: LogClient,
  topic: string,
  { name, group, member, options }: ConsumeFlags & { readonly options: ConsumeOptions },
): AnyConsumer {
  if (name !== undefined) return client.consume(topic, { ...options, name });
  if (group !== undefined) return client.consume(topic, { ...options, group, ...(member !== undefined && { member }) });
  return client.consume(topic, options);
}

async function printRecords(
  consumer: AnyConsumer,
  flags: ConsumeFlags & { readonly onRecord: () => void },
): Promise<void> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  // With a name or a group, what stands before the record that is asked for is handled: nothing may wait here then.
  const isMoreAtHand = (): boolean => consumer instanceof Consumer && consumer.recordsBuffered > 0;
  let left = flags.count ?? Number.POSITIVE_INFINITY;
  const print = async (): Promise<void> => {
    if (pieces.length > 0) await printBytes(concat(pieces));
    pieces = [];
    bytes = 0;
  };
  try {
    for await (const record of consumer) {
      flags.onRecord();
      const value =
        flags.format === "json"
          ? toJson(record, consumer instanceof GroupConsumer ? undefined : consumer.cursor)
          : record.value;
      pieces.push(value, newline);
      bytes += value.length + 1;
      if (bytes >= pieceBytes || !isMoreAtHand()) await print();
      if (--left > 0) continue;
      await print();
      // What is printed is handled, the last record too.
      if (consumer instanceof NamedConsumer) await consumer.save();
      else if (consumer instanceof GroupConsumer) consumer.handled();
      break;
    }
  } finally {
    await print();
  }
}

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One line of JSON. Bytes that are no UTF-8 text stand as base64 under another name. */
function toJson(record: LogRecord, cursor: string | undefined): Uint8Array {
  const headers = record.headers.map(({ name, value }) => ({ name, ...textOrBase64("value", value) }));
  const shown = {
    offset: record.offset,
    writer: record.writer,
    sequence: record.sequence,
    timestampMs: record.timestampMs,
    ...(record.key && textOrBase64("key", record.key)),
    ...(headers.length > 0 && { headers }),
    ...textOrBase64("value", record.value),
    cursor,
  };
  return encoder.encode(JSON.stringify(shown));
}

function textOrBase64(name: string, bytes: Uint8Array): Record<string, string> {
  try {
    return { [name]: strictDecoder.decode(bytes) };
  } catch {
    return { [`${name}Base64`]: Buffer.from(bytes).toString("base64") };
  }
}

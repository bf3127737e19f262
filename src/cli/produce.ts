import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Argument, type Command, Option } from "commander";
import { type Compression, recordBytesMax } from "../base/mod.ts";
import type { Producer, ProducerOptions, SendAck } from "../client/mod.ts";
import { checkUsage, clientOf, topicArgument, wholeNumber, withFormats, withServers } from "./arguments.ts";
import { duration } from "./durations.ts";
import { CommandFailedError } from "./failure.ts";
import { type Line, linesOf } from "./lines.ts";
import { counted, printLine, printNote } from "./output.ts";
import { showProgress } from "./progress.ts";

interface ProduceFlags {
  readonly server?: readonly string[];
  readonly format: "text" | "json";
  readonly compression: Compression;
  readonly replicated: number;
  readonly ackTimeout?: number;
  readonly producerId?: string;
  readonly epoch?: number;
}

/** Input longer than this is worth a progress bar. */
const longInputBytes = 1_048_576;

export function addProduceCommand(program: Command): void {
  const command = program
    .command("produce")
    .description("Produce one record per line of a file or of standard input")
    .addArgument(new Argument("<topic>", "name of the topic").argParser(topicArgument))
    .argument("[file]", 'file to read; without it, or as "-", standard input')
    .addOption(
      new Option("--compression <codec>", "how batches are compressed where that makes them shorter")
        .choices(["none", "gzip", "zstd", "brotli"])
        .default("none"),
    )
    .option("--replicated <nodes>", "how many nodes must hold a record durably, this one included", wholeNumber(1), 1)
    .option("--ack-timeout <time>", "how long that is waited for, as 15s (default: 10s)", duration)
    .option("--producer-id <id>", "who produces, 16 hexadecimal digits (default: a random one)")
    .option(
      "--epoch <n>",
      "greater than that of an earlier one with the same id, which is refused from then on (default: 0)",
      wholeNumber(0),
    );
  withServers(withFormats(command, ["text", "json"])).action(produceLines);
}

async function produceLines(topic: string, file: string | undefined, flags: ProduceFlags): Promise<void> {
  checkUsage(
    flags.epoch === undefined || flags.producerId !== undefined,
    "produce takes --epoch with --producer-id only",
  );
  const input = await openInput(file);
  const progress = showProgress({ total: input.bytes, unit: "bytes" });
  const tally = new Tally(topic);
  try {
    await using client = clientOf(flags);
    // A producer tries for a while to reach a server: whoever named a wrong one is to hear of it at once.
    await client.servers();
    await using producer = client.producer(topic, producerOptionsOf(flags));
    for await (const lines of linesOf(counting(input.chunks, progress.add), recordBytesMax)) {
      await sendLines(producer, lines, tally);
      if (tally.failed !== undefined) break;
    }
    await producer.flush().catch(() => {});
  } catch (error) {
    progress.stop();
    if (tally.failed === undefined && tally.records > 0) printNote(tally.summary());
    throw error;
  }
  progress.stop();
  if (tally.failed !== undefined) {
    if (tally.records > 0) printNote(tally.summary());
    throw tally.failed;
  }
  await printLine(flags.format === "json" ? JSON.stringify(tally) : tally.summary());
}

function producerOptionsOf(flags: ProduceFlags): ProducerOptions {
  const { compression, replicated, ackTimeout: timeoutMs = 0, producerId: id, epoch = 0 } = flags;
  return { compression, acks: { replicated }, timeoutMs, ...(id !== undefined && { identity: { id, epoch } }) };
}

/** Hands lines to the producer; waits while it holds as much as it may. */
async function sendLines(producer: Producer, lines: readonly Line[], tally: Tally): Promise<void> {
  for (const { number, bytes } of lines) {
    await producer.ready();
    if (tally.failed !== undefined) return;
    producer.send({ value: bytes }).then(
      (ack) => tally.acknowledge(ack),
      (error: Error) => tally.fail(number, error),
    );
  }
}

/** What has become of the lines so far. */
class Tally {
  readonly topic: string;
  records = 0;
  first: SendAck | undefined;
  last: SendAck | undefined;
  failed: Error | undefined;

  constructor(topic: string) {
    this.topic = topic;
  }

  acknowledge(ack: SendAck): void {
    this.records++;
    this.first ??= ack;
    this.last = ack;
  }

  /** Answers come in order, so the first failure is that of the first line that is not surely stored. */
  fail(line: number, error: Error): void {
    if (this.failed !== undefined) return;
    const fate = (error as { fate?: string }).fate;
    const note = fate === "unknown" ? " It may be stored all the same: read the topic to know" : "";
    this.failed = Object.assign(new CommandFailedError(`Cannot produce line ${line}: ${error.message}.${note}`), {
      cause: error,
    });
  }

  summary(): string {
    const produced = `produced ${counted(this.records, "record")} to ${this.topic}`;
    if (this.first === undefined || this.last === undefined) return produced;
    return `${produced}: offsets ${this.first.offset} to ${this.last.offset}, writer ${this.first.writer}`;
  }

  toJSON(): object {
    return {
      topic: this.topic,
      records: this.records,
      writer: this.first?.writer,
      firstOffset: this.first?.offset,
      lastOffset: this.last?.offset,
      firstSequence: this.first?.sequence,
      lastSequence: this.last?.sequence,
    };
  }
}

interface Input {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Known and long enough for a progress bar, or undefined. */
  readonly bytes: number | undefined;
}

async function openInput(file: string | undefined): Promise<Input> {
  if (file === undefined || file === "-") return { chunks: process.stdin, bytes: undefined };
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw new CommandFailedError(`Cannot read ${file}: it is a directory`);
    return { chunks: createReadStream(file), bytes: found.size >= longInputBytes ? found.size : undefined };
  } catch (error) {
    if (error instanceof CommandFailedError) throw error;
    throw new CommandFailedError(`Cannot read ${file}: ${(error as Error).message}`);
  }
}

async function* counting(chunks: AsyncIterable<Uint8Array>, add: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    add(chunk.length);
  }
}

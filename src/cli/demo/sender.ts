import { type ClientError, connect } from "../../client/mod.ts";
import { pause } from "./nodes.ts";

/** A line with its number, which is the key of its record. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

export interface LineSenderOptions {
  readonly topic: string;
  /** The node that it sends to, and then those that it goes on at. */
  readonly urls: readonly string[];
  readonly lines: readonly NumberedLine[];
  /** How long the sending takes. */
  readonly durationMs: number;
}

const tickMs = 10;
const keptEveryMs = 20;

/**
 * Sends lines at a steady pace. What becomes of them when the node dies is the client's business: it sends what was not
 * answered again, to another node, and all that follows.
 */
export async function sendLines({ topic, urls, lines, durationMs }: LineSenderOptions): Promise<void> {
  await using client = connect(urls);
  await using producer = client.producer(topic);
  const beganAtMs = performance.now();
  let failure: ClientError | undefined;
  const onFailed = (error: ClientError): void => {
    failure ??= error;
  };
  for (let sent = 0; sent < lines.length; ) {
    const dueCount = Math.ceil((lines.length * (performance.now() - beganAtMs)) / durationMs);
    for (const { number, text } of lines.slice(sent, dueCount)) {
      await producer.ready();
      producer.send({ key: String(number), value: text }).catch(onFailed);
      sent++;
    }
    if (failure !== undefined) throw failure;
    await pause(tickMs);
  }
  await producer.flush();
  if (failure !== undefined) throw failure;
}

/** Sends line after line, over and over, until the signal fires. */
export async function keepSending(options: {
  readonly topic: string;
  readonly urls: readonly string[];
  readonly lines: readonly string[];
  readonly signal: AbortSignal;
}): Promise<void> {
  await using client = connect(options.urls);
  await using producer = client.producer(options.topic);
  // A terminal interrupts the nodes, too: what they do not answer any more must not be waited for.
  options.signal.addEventListener("abort", () => client.close(), { once: true });
  try {
    for (let sent = 0; !options.signal.aborted; sent++) {
      await producer.send({ value: options.lines[sent % options.lines.length] as string });
      await pause(keptEveryMs);
    }
  } catch (error) {
    if (!options.signal.aborted) throw error;
  }
}

/** Lines in turn: some to the first sender, some to the second, and so on. */
export class Shares {
  readonly #senders: number;
  readonly #linesInTurn: number;

  constructor(senders: number, linesInTurn: number) {
    this.#senders = senders;
    this.#linesInTurn = linesInTurn;
  }

  /** Who sends the line with this number, which counts from 1. */
  senderOf(number: number): number {
    return Math.floor((number - 1) / this.#linesInTurn) % this.#senders;
  }

  split(lines: readonly string[]): NumberedLine[][] {
    const shares: NumberedLine[][] = Array.from({ length: this.#senders }, () => []);
    for (const [index, text] of lines.entries()) shares[this.senderOf(index + 1)]?.push({ number: index + 1, text });
    return shares;
  }
}

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  decodeToken,
  FrameBuilder,
  type Random,
  type RecordInput,
  scanFrame,
  topicKey,
  writeProducerStamp,
} from "../base/mod.ts";
import { ProduceRequestSchema, ProduceResponseSchema } from "../gen/log/v1/log_pb.ts";
import { observeCopies } from "./copies_probe.ts";
import type { SimNode } from "./sim_node.ts";
import type { World } from "./world.ts";

const producePath = "/log.v1.Log/Produce";
/** How long an answer is waited for before the same batch goes to another node, and how often it goes anywhere. */
const answerMsMax = 2_000;
const attemptsMax = 6;
/** Sequences that one produce may use: numbers of produces stay apart, also where some are left away. */
const sequencesEach = 10;

export interface RetriedProduce {
  readonly topic: string;
  readonly values: readonly (string | RecordInput)[];
  /** Tells it from all others of this producer. */
  readonly number: number;
  /** Nodes that must hold it durably. */
  readonly copies: number;
}

/** A producer that says who it is: what it gets no answer for it sends again, the same, to one node or another. */
export class RetryingProducer {
  readonly #world: World;
  readonly #name: string;
  readonly #producer: string;

  constructor(world: World, number: number) {
    this.#world = world;
    this.#name = `producer-${number}`;
    this.#producer = number.toString(16).padStart(16, "0");
  }

  produce(random: Random, { topic, values, number, copies }: RetriedProduce): void {
    const builder = new FrameBuilder();
    const atMs = this.#world.epochMs + Math.floor(this.#world.nowMs);
    for (const value of values) builder.add(typeof value === "string" ? { value } : value, atMs);
    const frame = builder.finish();
    writeProducerStamp(frame, { producer: this.#producer, epoch: 1, sequence: number * sequencesEach + 1 });
    const acks = copies > 1 ? { replicated: copies } : {};
    const request = toBinary(
      ProduceRequestSchema,
      create(ProduceRequestSchema, { topic, frame, acks, timeoutMs: copies > 1 ? answerMsMax : 0 }),
    );
    const checksum = checksumOf(frame);
    const attempt = (attempts: number): void => {
      const node = random.pick(this.#world.nodes);
      if (node === undefined || attempts > attemptsMax) return;
      const { log } = node;
      this.#send(node, request, (answer, error) => {
        // What a life that is over by now had acknowledged was judged when it ended.
        if (answer !== undefined && node.log !== log) return;
        if (answer !== undefined) this.#answered(node, answer, { topic, copies, checksum });
        else if (mayComeAgain(error)) attempt(attempts + 1);
      });
    };
    attempt(1);
  }

  /** Calls back once, with the answer or with why there is none. */
  #send(node: SimNode, request: Uint8Array, done: (answer: Uint8Array | undefined, error: unknown) => void): void {
    let answer: Uint8Array | undefined;
    let isDone = false;
    const call = this.#world.wires.callsTo(node.name, this.#name).open(producePath, {
      message(bytes) {
        answer = bytes;
        return true;
      },
      ended(error) {
        isDone = true;
        done(error === undefined ? answer : undefined, error);
      },
    });
    call.send(request.slice());
    call.end();
    this.#world.schedule(this.#world.nowMs + 2 * answerMsMax, () => {
      if (!isDone) call.cancel();
    });
  }

  #answered(
    node: SimNode,
    bytes: Uint8Array,
    asked: { readonly topic: string; readonly copies: number; readonly checksum: number | undefined },
  ): void {
    const { writer, firstSequence, count, duplicate, token } = fromBinary(ProduceResponseSchema, bytes);
    // The topic may have been deleted while the answer was on its way: the token says which generation was written to.
    const generation = decodeToken(token)?.generation;
    const topic = generation === undefined ? asked.topic : topicKey(asked.topic, generation);
    const sequence = Number(firstSequence);
    const words = `${topic} ${writer.slice(0, 4)}:${sequence}`;
    this.#world.note(`${node.name} acknowledges ${words} to ${this.#name}${duplicate ? " again" : ""}`);
    if (generation === undefined || writer === "") return;
    const what = { topic, writer, sequence, count, payloadChecksum: asked.checksum };
    this.#world.observe({ type: "acknowledged", node: node.name, ...what });
    if (asked.copies > 1) {
      observeCopies(this.#world, node.name, { topic, copies: asked.copies, produced: { writer, sequence, count } });
    }
  }
}

/** What makes no sense is refused everywhere; a deleted topic is not waited for. */
function mayComeAgain(error: unknown): boolean {
  const code = error instanceof ConnectError ? error.code : Code.Unavailable;
  return code !== Code.InvalidArgument && code !== Code.NotFound && code !== Code.FailedPrecondition;
}

function checksumOf(frame: Uint8Array): number | undefined {
  const scan = scanFrame(frame, 0);
  return scan.type === "frame" ? scan.header.payloadChecksum : undefined;
}

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type HotCall, scanFrame, topicKey } from "../base/mod.ts";
import { ConsumeRequestSchema, ConsumeResponseSchema } from "../gen/log/v1/log_pb.ts";
import { stampIn } from "./observation.ts";
import type { SimulatedCalls } from "./simulated_calls.ts";
import type { World } from "./world.ts";

const consumeStreamPath = "/log.v1.Log/ConsumeStream";

/**
 * A consumer that reads on at one node and then at another, with the cursor that the former gave it: through the servers'
 * own calls, over the simulated network, with the rules of the real client. Whatever it gets is observed.
 */
export class HoppingConsumer {
  readonly name: string;
  readonly topic: string;
  readonly #world: World;
  readonly #calls = new Map<string, SimulatedCalls>();
  #cursor: Uint8Array | undefined;
  #call: HotCall | undefined;
  /** The generation that it reads: what nodes that are behind have of an earlier one is nothing new. */
  #generation = 1;
  /** It asked for the earliest record that there is: nobody owes it a word about those before. */
  #isFromEarliest = false;
  /** Its window: what was produced twice it gives once. */
  readonly #taken = new Set<string>();

  constructor(world: World, name: string, topic: string) {
    this.#world = world;
    this.name = name;
    this.topic = topic;
  }

  /** Reads on at this node, until it is sent to another or the call fails. */
  visit(node: string): void {
    this.leave();
    this.#isFromEarliest = this.#cursor === undefined;
    const start =
      this.#cursor === undefined
        ? ({ case: "earliest", value: true } as const)
        : ({ case: "cursor", value: this.#cursor } as const);
    const request = create(ConsumeRequestSchema, { topic: this.topic, packed: true, start });
    const call = this.#callsTo(node).open(consumeStreamPath, {
      message: (bytes) => {
        if (this.#call === call) this.#take(node, bytes);
        return true;
      },
      ended: (error) => {
        if (this.#call !== call) return;
        this.#call = undefined;
        this.#failed(node, error);
      },
    });
    this.#call = call;
    call.send(toBinary(ConsumeRequestSchema, request));
    call.end();
  }

  leave(): void {
    const call = this.#call;
    this.#call = undefined;
    call?.cancel();
  }

  #callsTo(node: string): SimulatedCalls {
    const known = this.#calls.get(node) ?? this.#world.wires.callsTo(node, this.name);
    this.#calls.set(node, known);
    return known;
  }

  #take(node: string, bytes: Uint8Array): void {
    const { frames, cursor } = fromBinary(ConsumeResponseSchema, bytes);
    for (let at = 0; at < frames.length; ) {
      const scan = scanFrame(frames, at);
      const end = scan.type === "frame" ? at + scan.header.frameBytes : frames.length;
      const generation = scan.type === "frame" ? scan.header.generation : this.#generation;
      if (generation < this.#generation) {
        this.leave();
        return;
      }
      this.#generation = generation;
      const topic = topicKey(this.topic, generation);
      this.#world.observe({ type: "served", node, topic, frames: frames.subarray(at, end) });
      if (scan.type === "frame") {
        // Compaction takes records out at any time: what a batch is known by is what was produced.
        const stamp = stampIn(frames, at);
        const batch = { topic, ...scan.header, payloadChecksum: scan.header.producedChecksum, stamp };
        const isTwin = stamp !== undefined && this.#taken.has(`${topic}/${stamp}`);
        if (stamp !== undefined) this.#taken.add(`${topic}/${stamp}`);
        const isFromEarliest = this.#isFromEarliest;
        this.#world.observe({ type: "consumed", consumer: this.name, node, batch, isTwin, isFromEarliest });
      }
      at = end;
    }
    if (cursor.length > 0) this.#cursor = cursor;
  }

  /** It comes again, there or elsewhere. Where the topic was deleted and created again, it begins anew. */
  #failed(node: string, error: unknown): void {
    if (error !== undefined) this.#world.note(`${this.name} cannot read on at ${node}: ${messageOf(error)}`);
    if (!(error instanceof ConnectError) || error.code !== Code.InvalidArgument || this.#cursor === undefined) return;
    this.#cursor = undefined;
    this.#generation++;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import type { ChainHash } from "../base/mod.ts";
import { heldGeneration } from "../log/mod.ts";
import { judgeChain, type ProbedPoint, type ReplicatorEffect, type ReplicatorInput } from "../replication/mod.ts";
import type { ReplicationRoom, RpcPipe } from "./replication_room.ts";
import type { FeedPlace, RpcMessage } from "./rpc_message.ts";

type Effect<Type extends ReplicatorEffect["type"]> = Extract<ReplicatorEffect, { readonly type: Type }>;

/** Performs in the simulated world what replication asks of feeds as they stand: to compare, repair and reproduce them. */
export class FeedShell {
  readonly #room: ReplicationRoom;
  readonly #push: (input: ReplicatorInput) => void;

  constructor(room: ReplicationRoom, push: (input: ReplicatorInput) => void) {
    this.#room = room;
    this.#push = push;
  }

  repair({ repairId, topic, file, at, frames }: Effect<"repair">): void {
    const { log, life } = this.#room;
    const held = heldGeneration(log, topic);
    const range = held?.corruptRanges.find((one) => one.file === file && one.at === at);
    this.#room.touchLog();
    void Promise.resolve(range && held?.repair(range, frames))
      .then(() => undefined, String)
      .then(
        life.guard((failed: string | undefined) => {
          this.#push({ type: "repaired", repairId, topic, ranges: held?.corruptRanges ?? [], failed });
        }),
      );
  }

  compare({ comparisonId, topic, writer, sequence, chain }: Effect<"compare-feed">): void {
    const { log, life } = this.#room;
    this.#room.touchLog();
    Promise.resolve(heldGeneration(log, topic)?.chainAt(writer, sequence)).then(
      life.guard((found) => this.#push({ type: "feed-compared", comparisonId, verdict: judgeChain(found, chain) })),
      life.guard((error: unknown) => {
        this.#push({ type: "feed-compared", comparisonId, verdict: "failed", error: String(error) });
      }),
    );
  }

  /** Asks the peer, and looks up our hashes where its batches end. */
  probe({ probeId, peer, topic, writer, sequences }: Effect<"probe-feed">): void {
    const { host, life } = this.#room;
    let isAnswered = false;
    const pipe = this.#room.dial(peer.rpcAddress, {
      host,
      receive: life.guard((message: RpcMessage) => {
        if (message.type !== "points" || isAnswered) return;
        isAnswered = true;
        this.#lookUp({ topic, writer, sequences }, message.points).then(
          life.guard((points) => this.#push({ type: "feed-probed", probeId, points })),
          life.guard((error: unknown) =>
            this.#push({ type: "feed-probed", probeId, points: [], error: String(error) }),
          ),
        );
      }),
      closed: life.guard((error: string) => {
        if (isAnswered) return;
        isAnswered = true;
        this.#push({ type: "feed-probed", probeId, points: [], error: error || "the peer did not answer" });
      }),
    });
    pipe.send("client", { type: "compare", topic, writer, sequences });
    life.after(5_000, () => pipe.close("client", "it takes too long"));
  }

  /** The server's side of a `probe`. */
  serveProbe(pipe: RpcPipe, { topic, writer, sequences }: FeedPlace): void {
    const { log, life } = this.#room;
    this.#room.touchLog();
    const held = heldGeneration(log, topic);
    Promise.all(sequences.map((sequence) => held?.feedPointAt(writer, sequence))).then(
      life.guard((points) => {
        pipe.send("server", { type: "points", points });
        pipe.close("server", "");
      }),
      life.guard((error: unknown) => pipe.close("server", String(error))),
    );
  }

  reproduce({ topic, writer, from, theirs }: Effect<"reproduce">): void {
    const { log, life, trace } = this.#room;
    this.#room.touchLog();
    Promise.resolve(heldGeneration(log, topic)?.reproduce(writer, from, theirs)).then(
      life.guard((records) => {
        const whose = theirs === undefined ? "" : "of another history ";
        trace(`produced ${records ?? 0} records of ${topic} of ${writer.slice(0, 4)} ${whose}again, from ${from} on`);
        this.#push({ type: "reproduced", from });
      }),
      life.guard((error: unknown) => this.#push({ type: "reproduced", from, failed: String(error) })),
    );
  }

  async #lookUp(place: FeedPlace, shown: readonly (ShownPoint | undefined)[]): Promise<ProbedPoint[]> {
    const held = heldGeneration(this.#room.log, place.topic);
    const points: ProbedPoint[] = [];
    this.#room.touchLog();
    for (const [index, asked] of place.sequences.entries()) {
      const point = shown[index];
      const ours = point && (await held?.chainAt(place.writer, point.sequence));
      points.push({ asked, shown: point, ours });
    }
    return points;
  }
}

interface ShownPoint {
  readonly sequence: number;
  readonly chain: ChainHash;
}

/** One ProduceMany stream for all that a node passes on to another. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { HotCall, HotReceiver, HotTransport } from "../base/mod.ts";
import {
  ProduceManyRequestSchema,
  ProduceManyResponseSchema,
  type ProduceRequest,
  type ProduceResponse,
} from "../gen/log/v1/log_pb.ts";

const produceManyPath = "/log.v1.Log/ProduceMany";

/** Produces that may be unanswered on one stream: whoever sends them is bounded as well, each for itself. */
const unansweredMax = 10_000;

interface Waiting {
  readonly resolve: (response: ProduceResponse) => void;
  readonly reject: (error: unknown) => void;
}

/** Each is answered for itself; those to one topic are stored in the order of the calls, as long as the stream stands. */
export class PassedProduces {
  readonly #hot: HotTransport;
  #call: PassingCall | undefined;

  constructor(hot: HotTransport) {
    this.#hot = hot;
  }

  send(request: ProduceRequest): Promise<ProduceResponse> {
    if (this.#call === undefined || this.#call.isOver) this.#call = new PassingCall(this.#hot);
    return this.#call.send(request);
  }
}

class PassingCall implements HotReceiver {
  readonly #call: HotCall;
  readonly #unanswered = new Map<bigint, Waiting>();
  #lastId = 0n;
  isOver = false;

  constructor(hot: HotTransport) {
    this.#call = hot.open(produceManyPath, this);
  }

  send(produce: ProduceRequest): Promise<ProduceResponse> {
    if (this.#unanswered.size >= unansweredMax) {
      const message = `Cannot pass on a produce: ${unansweredMax} are under way, which is the most`;
      return Promise.reject(new ConnectError(message, Code.ResourceExhausted));
    }
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#unanswered.set(id, { resolve, reject });
      this.#call.send(toBinary(ProduceManyRequestSchema, create(ProduceManyRequestSchema, { id, produce })));
    });
  }

  message(bytes: Uint8Array): boolean {
    try {
      const { id, outcome } = fromBinary(ProduceManyResponseSchema, bytes);
      const waiting = this.#unanswered.get(id);
      if (waiting === undefined) throw new ConnectError("an answer came to what was never sent", Code.Internal);
      this.#unanswered.delete(id);
      if (outcome.case === "produced") waiting.resolve(outcome.value);
      else
        waiting.reject(new ConnectError(outcome.value?.message ?? "no answer", outcome.value?.code ?? Code.Internal));
    } catch (error) {
      this.#fail(error);
      this.#call.cancel();
    }
    return true;
  }

  /** An idle stream would keep the other node from closing in good order. */
  idle(): void {
    if (this.#unanswered.size > 0) return;
    this.isOver = true;
    this.#call.end();
  }

  ended(error: unknown): void {
    this.#fail(error ?? new ConnectError("the other node ended the stream", Code.Unavailable));
  }

  #fail(error: unknown): void {
    this.isOver = true;
    const unanswered = [...this.#unanswered.values()];
    this.#unanswered.clear();
    for (const { reject } of unanswered) reject(error);
  }
}

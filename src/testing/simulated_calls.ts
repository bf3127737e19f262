import { Code, ConnectError } from "@connectrpc/connect";
import {
  type Cancellation,
  concat,
  type HotCall,
  type HotReceiver,
  type HotTransport,
  type MessageAnswerer,
  type MessageMethod,
} from "../base/mod.ts";
import type { Host, Pipe, PipeEnd } from "./network.ts";

/** What goes over the stream of one call, both ways. */
export type CallMessage =
  | { readonly type: "open"; readonly path: string }
  | { readonly type: "message"; readonly bytes: Uint8Array }
  | { readonly type: "requests-ended" }
  /** The caller took a message: the server may send another. */
  | { readonly type: "taken" }
  | { readonly type: "failed"; readonly error: unknown };

export type CallPipe = Pipe<CallMessage>;

/** A process that is no node: a client. It always runs. */
export function processOf(name: string): Host {
  return { name, life: 1, isRunning: true, isPaused: false, isHung: false };
}

/** Messages that a server sends ahead of what its caller took. */
const aheadMax = 4;

function unavailable(reason: string): ConnectError {
  return new ConnectError(`Cannot call: ${reason}`, Code.Unavailable);
}

/** Calls of a client to one server, over the simulated network: late, held up, broken or lost as that has it. */
export class SimulatedCalls implements HotTransport {
  readonly #host: Host;
  readonly #dial: (end: PipeEnd<CallMessage>) => CallPipe;
  readonly #onMessage: ((path: string, bytes: Uint8Array) => void) | undefined;
  readonly #calls = new Set<SimulatedCall>();

  constructor(
    host: Host,
    dial: (end: PipeEnd<CallMessage>) => CallPipe,
    onMessage?: (path: string, bytes: Uint8Array) => void,
  ) {
    this.#host = host;
    this.#dial = dial;
    this.#onMessage = onMessage;
  }

  open(path: string, receiver: HotReceiver): HotCall {
    const listening: HotReceiver = {
      message: (bytes) => {
        this.#onMessage?.(path, bytes);
        return receiver.message(bytes);
      },
      ended: (error) => {
        this.#calls.delete(call);
        receiver.ended(error);
      },
    };
    const call = new SimulatedCall(this.#host, this.#dial, listening);
    this.#calls.add(call);
    call.begin(path);
    return call;
  }

  unary(path: string, request: readonly Uint8Array[], cancellation: Cancellation | undefined): Promise<Uint8Array> {
    if (cancellation?.aborted) return Promise.reject(cancellation.reason);
    return new Promise((resolve, reject) => {
      let answer: Uint8Array | undefined;
      const cancel = (): void => call.cancel();
      const call = this.open(path, {
        message(bytes) {
          answer = bytes;
          return true;
        },
        ended(error) {
          cancellation?.removeEventListener("abort", cancel);
          if (answer !== undefined && error === undefined) resolve(answer);
          else reject(error ?? unavailable("the answer is missing"));
        },
      });
      cancellation?.addEventListener("abort", cancel);
      call.send(...request);
      call.end();
    });
  }

  /** Ends all calls that are under way. */
  close(): void {
    for (const call of [...this.#calls]) call.cancel();
  }
}

class SimulatedCall implements HotCall {
  readonly #receiver: HotReceiver;
  readonly #pipe: CallPipe;
  /** Responses that came while the receiver wanted no more. */
  readonly #held: Uint8Array[] = [];
  #isFull = false;
  #end: { readonly error: unknown } | undefined;
  #isOver = false;

  constructor(host: Host, dial: (end: PipeEnd<CallMessage>) => CallPipe, receiver: HotReceiver) {
    this.#receiver = receiver;
    this.#pipe = dial({
      host,
      receive: (message) => this.#receive(message),
      closed: (error) => this.#finish(error === "" ? undefined : unavailable(error)),
    });
  }

  begin(path: string): void {
    this.#pipe.send("client", { type: "open", path });
  }

  send(...parts: readonly Uint8Array[]): void {
    this.#pipe.send("client", { type: "message", bytes: concat(parts) });
  }

  end(): void {
    this.#pipe.send("client", { type: "requests-ended" });
  }

  resume(): void {
    this.#isFull = false;
    this.#pass();
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#pipe.close("client", "cancelled");
    this.#held.length = 0;
    const error = new Error("the call was canceled");
    error.name = "AbortError";
    this.#finish(error);
  }

  #receive(message: CallMessage): void {
    if (message.type === "failed") this.#finish(message.error);
    if (message.type !== "message" || this.#isOver) return;
    this.#held.push(message.bytes);
    this.#pass();
  }

  #finish(error: unknown): void {
    this.#end ??= { error };
    this.#pass();
  }

  #pass(): void {
    while (!this.#isFull && !this.#isOver) {
      const bytes = this.#held.shift();
      if (bytes === undefined) break;
      this.#pipe.send("client", { type: "taken" });
      this.#isFull = !this.#receiver.message(bytes);
    }
    if (this.#end === undefined || this.#isOver || this.#held.length > 0) return;
    this.#isOver = true;
    this.#receiver.ended(this.#end.error);
  }
}

/** Answers one call: the server's end of its stream. */
export function answerCall(
  host: Host,
  pipe: CallPipe,
  room: { readonly methods: ReadonlyMap<string, MessageMethod>; readonly touchLog: () => void },
): PipeEnd<CallMessage> {
  let call: AnsweredCall | undefined;
  return {
    host,
    receive(message) {
      room.touchLog();
      if (message.type === "open") call = new AnsweredCall(pipe, room.methods.get(message.path));
      else call?.receive(message);
    },
    closed() {
      room.touchLog();
      call?.closed();
    },
  };
}

class AnsweredCall {
  readonly #pipe: CallPipe;
  #answerer: MessageAnswerer | undefined;
  readonly #waiting: CallMessage[] = [];
  #isPaused = false;
  #ahead = 0;
  #isOver = false;

  constructor(pipe: CallPipe, method: MessageMethod | undefined) {
    this.#pipe = pipe;
    if (method === undefined) this.#fail(new ConnectError("Cannot call: no such method", Code.Unimplemented));
    else void this.#open(method);
  }

  receive(message: CallMessage): void {
    if (message.type === "taken") {
      this.#ahead--;
      if (this.#ahead === aheadMax - 1 && !this.#isOver) this.#answerer?.drained();
      return;
    }
    this.#waiting.push(message);
    this.#pass();
  }

  closed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#answerer?.closed();
  }

  async #open(method: MessageMethod): Promise<void> {
    try {
      const admitted = method.admit?.();
      if (admitted !== undefined) await admitted;
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#isOver) return;
    this.#answerer = method.open({
      send: (...parts) => this.#send(parts),
      sendLent: (parts, giveBack) => {
        const wantsMore = this.#send(parts);
        giveBack();
        return wantsMore;
      },
      end: () => this.#end(() => this.#pipe.close("server", "")),
      fail: (error) => this.#end(() => this.#fail(error)),
      resume: () => {
        this.#isPaused = false;
        this.#pass();
      },
    });
    this.#pass();
  }

  /** Copied: the bytes may be the log's own. */
  #send(parts: readonly Uint8Array[]): boolean {
    if (this.#isOver) return false;
    this.#ahead++;
    this.#pipe.send("server", { type: "message", bytes: concat(parts).slice() });
    return this.#ahead < aheadMax;
  }

  #end(tell: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    tell();
    this.#answerer?.closed();
  }

  #fail(error: unknown): void {
    this.#isOver = true;
    this.#pipe.send("server", { type: "failed", error });
    this.#pipe.close("server", "");
  }

  #pass(): void {
    while (this.#answerer !== undefined && !this.#isPaused && !this.#isOver) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      if (message.type === "message") this.#isPaused = !this.#answerer.message(message.bytes);
      else this.#answerer.requestsEnded();
    }
  }
}

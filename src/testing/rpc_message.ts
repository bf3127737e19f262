import type { ChainHash, Vector, WriterId } from "../base/mod.ts";

/** Places of a feed. */
export interface FeedPlace {
  readonly topic: string;
  readonly writer: WriterId;
  readonly sequences: readonly number[];
}

/** What two nodes say to each other over an RPC stream. Topics are called by the keys of their generations. */
export type RpcMessage =
  | { readonly type: "watch"; readonly node: string; readonly writer: WriterId }
  | { readonly type: "hello"; readonly writer: WriterId }
  | {
      readonly type: "notice";
      readonly topic: string;
      readonly durable: Vector;
      readonly lowWater: Vector;
      readonly callerChain: ChainHash | undefined;
      readonly awaited: boolean;
    }
  | {
      readonly type: "confirmation";
      readonly topic: string;
      readonly synced: Vector;
      readonly callerChain: ChainHash | undefined;
    }
  | { readonly type: "heartbeat" }
  | ({ readonly type: "compare" } & FeedPlace)
  | {
      readonly type: "points";
      readonly points: readonly ({ readonly sequence: number; readonly chain: ChainHash } | undefined)[];
    }
  | { readonly type: "pull"; readonly topic: string; readonly have: Vector; readonly bytesMax: number }
  | { readonly type: "frames"; readonly frames: Uint8Array; readonly lowWater: Vector };

/** Which way a producer's batches go to a server. */
import { sharesStream } from "./hot_calls.ts";
import { HotPipe } from "./hot_pipe.ts";
import { type BatchPipe, type PipeTarget, UnaryPipe } from "./pipe.ts";
import type { RecordCalls } from "./record_calls.ts";
import { SharedPipe } from "./shared_pipe.ts";
import { StreamPipe } from "./stream_pipe.ts";

/** The leanest way that the connection has, and that the producer's acks allow. */
export function pipeTo(
  { bidirectional, hot, many }: Pick<RecordCalls, "hot" | "many"> & { readonly bidirectional: boolean },
  target: PipeTarget,
  { batchesMax, failsAlone = false }: { readonly batchesMax: number; readonly failsAlone?: boolean },
): BatchPipe {
  if (many !== undefined && sharesStream(target.topic, target.replicated)) {
    return new SharedPipe(many, target, batchesMax, failsAlone);
  }
  if (hot !== undefined) return new HotPipe(hot, target, batchesMax);
  return bidirectional ? new StreamPipe(target, batchesMax) : new UnaryPipe(target);
}

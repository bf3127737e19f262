/** Produces that depend on the latest record with their key: what a request expects, and what its caller hears instead. */
import { Code, ConnectError } from "@connectrpc/connect";
import { isWriterId } from "../base/mod.ts";
import { LatestRecordSchema, type ProduceRequest } from "../gen/log/v1/log_pb.ts";
import { invalidArgument } from "./errors.ts";
import type { ServedCondition } from "./ports.ts";

/** Undefined when the request depends on nothing. */
export function conditionOf({
  expectedSequence,
}: Pick<ProduceRequest, "expectedSequence">): ServedCondition | undefined {
  if (expectedSequence === undefined) return undefined;
  const { writer, sequence } = expectedSequence;
  if (writer === "" && sequence === 0n) return { expected: undefined };
  if (isWriterId(writer) && sequence >= 1n && sequence <= BigInt(Number.MAX_SAFE_INTEGER)) {
    return { expected: { writer, sequence: Number(sequence) } };
  }
  throw invalidArgument(
    `Cannot produce: expected_sequence is ${sequence} of writer ${JSON.stringify(writer)}, allowed are a sequence from 1 of a writer's 16 hexadecimal digits, and 0 without a writer for no record`,
  );
}

/** Tells the caller, as a detail of the error, which record is the latest. */
export async function withLatest<Result>(produced: Promise<Result>): Promise<Result> {
  try {
    return await produced;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EXPECTED_SEQUENCE")) throw error;
    const { latest } = error as { readonly latest?: { readonly writer: string; readonly sequence: number } };
    const value = { writer: latest?.writer ?? "", sequence: BigInt(latest?.sequence ?? 0) };
    throw new ConnectError(error.message, Code.FailedPrecondition, undefined, [{ desc: LatestRecordSchema, value }]);
  }
}

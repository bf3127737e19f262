/** Where a consumer is to begin, as callers say it and as requests do. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { decodeCursor } from "../base/mod.ts";
import type { ConsumeRequestSchema } from "../gen/log/v1/log_pb.ts";
import type { ConsumeFrom } from "./client_options.ts";
import { cursorToBytes } from "./cursor.ts";
import { ClientError } from "./errors.ts";
import type { Start } from "./wanted_records.ts";

/** What the caller named as a start, as the request says it and as records are chosen by it. Throws `ClientError`. */
export function startOf(
  from: ConsumeFrom,
  topic: string,
): { start: Start; request: MessageInitShape<typeof ConsumeRequestSchema> } {
  const any: Start = { type: "any" };
  if (from === "earliest") return { start: any, request: { start: { case: "earliest", value: true } } };
  if (from === "latest") return { start: any, request: { start: { case: "latest", value: true } } };
  if (from instanceof Date) {
    const timestampMs = from.getTime();
    if (!(timestampMs >= 0)) throw badStart(topic, "the time is not a valid one from 1970 on");
    const request = { start: { case: "timestampMs", value: BigInt(timestampMs) } } as const;
    return { start: { type: "time", timestampMs }, request };
  }
  if (typeof from === "number") {
    if (!Number.isSafeInteger(from) || from < 0)
      throw badStart(topic, `offset ${from} is not a whole number from 0 on`);
    return { start: { type: "offset", offset: from }, request: { offset: BigInt(from) } };
  }
  const bytes = bytesOfToken(from, "from");
  const place = decodeCursor(bytes);
  if (place === undefined) throw badStart(topic, "the cursor was cut off or changed, or it is a token");
  if (place.topic !== topic) throw badStart(topic, `the cursor is one of topic ${JSON.stringify(place.topic)}`);
  return { start: { type: "cursor", place }, request: { start: { case: "cursor", value: bytes } } };
}

function badStart(topic: string, reason: string): ClientError {
  return new ClientError("INVALID_ARGUMENT", `Cannot consume topic ${JSON.stringify(topic)}: ${reason}`);
}

/** The bytes of a cursor or token that a caller gave; throws `ClientError`. */
export function bytesOfToken(text: string, option: string): Uint8Array<ArrayBuffer> {
  const bytes = cursorToBytes(text);
  if (bytes !== undefined) return bytes as Uint8Array<ArrayBuffer>;
  throw new ClientError(
    "INVALID_ARGUMENT",
    `Cannot consume with ${option} ${JSON.stringify(text)}: allowed are earliest, latest, an offset, a Date or a cursor`,
  );
}

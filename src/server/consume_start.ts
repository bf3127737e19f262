/** Where a consumer wants to begin, and what it wants to wait for: the fields of a request that can be wrong. */

import { Code, ConnectError } from "@connectrpc/connect";
import { decodeCursor, decodeToken, type Place, placeFault } from "../base/mod.ts";
import type { ConsumeRequest } from "../gen/log/v1/log_pb.ts";
import { invalidArgument } from "./errors.ts";
import type { ServedTopic } from "./ports.ts";

export type ConsumeStart =
  | { readonly from: "earliest" | "latest" }
  | { readonly from: "offset"; readonly offset: number }
  | { readonly from: "timestamp"; readonly timestampMs: number }
  | { readonly from: "cursor"; readonly place: Place };

/** The start that a request asks for, in a topic of this name. */
export function startOf(request: ConsumeRequest, topicName: string): ConsumeStart {
  const { start } = request;
  switch (start.case) {
    case undefined:
      return { from: "offset", offset: wholeNumber(request.offset, "offset") };
    case "earliest":
    case "latest":
      if (!start.value) throw invalidArgument(`Cannot consume: ${start.case} is false, only true has a meaning`);
      return { from: start.case };
    case "timestampMs":
      return { from: "timestamp", timestampMs: wholeNumber(start.value, "timestamp_ms") };
    case "cursor":
      return { from: "cursor", place: cursorOf(start.value, topicName) };
    default:
      throw start satisfies never;
  }
}

function cursorOf(bytes: Uint8Array, topicName: string): Place {
  const place = decodeCursor(bytes);
  if (place !== undefined) return ofTopic(place, "cursor", topicName);
  throw invalidArgument(
    `Cannot consume: cursor is not one that a node gave: ${placeFault("cursor", bytes)}; start from a cursor as a response carried it, or from earliest`,
  );
}

/** What must be held before the consumer gets anything; undefined when it does not ask for that. */
export function tokenOf(request: ConsumeRequest, topicName: string): Place | undefined {
  if (request.afterToken.length === 0) return undefined;
  const place = decodeToken(request.afterToken);
  if (place !== undefined) return ofTopic(place, "after_token", topicName);
  throw invalidArgument(
    `Cannot consume: after_token is not one that a node gave: ${placeFault("token", request.afterToken)}; allowed is what the answer to a produce carried`,
  );
}

function ofTopic(place: Place, field: string, topicName: string): Place {
  if (place.topic === topicName) return place;
  throw invalidArgument(
    `Cannot consume: ${field} belongs to topic ${JSON.stringify(place.topic)}, the request names ${JSON.stringify(topicName)}`,
  );
}

/** Throws when a cursor or token belongs to another life of the topic: an earlier one is gone, a later one may come. */
export function checkGeneration(place: Place, field: string, topic: Pick<ServedTopic, "name" | "generation">): void {
  if (place.generation === topic.generation) return;
  const where = `generation ${place.generation} of topic ${JSON.stringify(topic.name)}`;
  if (place.generation > topic.generation) {
    throw new ConnectError(
      `Cannot consume yet: ${field} belongs to ${where}, this node has heard of generation ${topic.generation} only`,
      Code.Unavailable,
    );
  }
  throw invalidArgument(
    `Cannot consume: ${field} belongs to ${where}, which was deleted; the topic has generation ${topic.generation} now, start from earliest`,
  );
}

function wholeNumber(value: bigint, field: string): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw invalidArgument(`Cannot consume: ${field} ${value} is above ${Number.MAX_SAFE_INTEGER}`);
}

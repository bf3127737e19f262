/** All records of a node's topic in the binary form of the wire, read with nothing of this project's client or codecs. */
import { RawReader, type RawValue, readFrames } from "./raw_frames.ts";

const envelopeBytes = 5;
const endOfStreamFlag = 2;
const silenceMsMax = 30_000;
const decoder = new TextDecoder();
const nothing = new Uint8Array(0);

/** Every record that stands before this offset, in the node's order, as many at a time as came together. */
export async function* rawValues(url: string, topic: string, nextOffset: number): AsyncGenerator<RawValue[]> {
  if (nextOffset === 0) return;
  const controller = new AbortController();
  const response = await fetch(`${url}/log.v1.Log/ConsumeStream`, {
    method: "POST",
    headers: { "content-type": "application/connect+proto", "connect-protocol-version": "1" },
    body: requestFor(topic),
    signal: controller.signal,
  });
  if (!response.ok || response.body === null) throw new Error(`Cannot consume: ${url} says ${response.status}`);
  const reader = response.body.getReader();
  let rest: Uint8Array = nothing;
  try {
    for (;;) {
      const impatience = setTimeout(() => controller.abort(new Error(`${url} went silent`)), silenceMsMax);
      const { done, value } = await reader.read().finally(() => clearTimeout(impatience));
      if (done) throw new Error(`Cannot consume: ${url} ended the stream`);
      const { messages, taken, bytes } = splitEnvelopes(url, rest, value);
      rest = bytes.subarray(taken);
      const records: RawValue[] = [];
      let isAtEnd = false;
      for (const message of messages) isAtEnd = readMessage(message, records) >= nextOffset || isAtEnd;
      yield records;
      if (isAtEnd) return;
    }
  } finally {
    controller.abort();
  }
}

/** Whole frames from the first one on: `topic` is field 2 of the request, `earliest` field 3, `packed` field 9. */
function requestFor(topic: string): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(topic);
  const message = Uint8Array.of(0x12, name.length, ...name, 0x18, 1, 0x48, 1);
  const request = new Uint8Array(envelopeBytes + message.length);
  new DataView(request.buffer).setUint32(1, message.length);
  request.set(message, envelopeBytes);
  return request;
}

function splitEnvelopes(url: string, rest: Uint8Array, value: Uint8Array) {
  let bytes = value;
  if (rest.length > 0) {
    bytes = new Uint8Array(rest.length + value.length);
    bytes.set(rest);
    bytes.set(value, rest.length);
  }
  const messages: Uint8Array[] = [];
  let taken = 0;
  while (bytes.length - taken >= envelopeBytes) {
    const length = new DataView(bytes.buffer, bytes.byteOffset + taken).getUint32(1);
    if (bytes.length - taken - envelopeBytes < length) break;
    const message = bytes.subarray(taken + envelopeBytes, taken + envelopeBytes + length);
    if (((bytes[taken] as number) & endOfStreamFlag) !== 0) {
      throw new Error(`Cannot consume: ${url} says ${decoder.decode(message)}`);
    }
    messages.push(message);
    taken += envelopeBytes + length;
  }
  return { messages, taken, bytes };
}

/** Adds the records of a response's frames, field 3. The result is `next_offset`, field 6. */
function readMessage(message: Uint8Array, records: RawValue[]): number {
  const reader = new RawReader(message, 0);
  let nextOffset = 0;
  while (reader.at < message.length) {
    const tag = reader.varint();
    const [field, wireType] = [Math.floor(tag / 8), tag & 7];
    // Varints and what has a length: these messages have no others.
    if (wireType !== 0 && wireType !== 2) throw new Error(`Cannot read a response: it has wire type ${wireType}`);
    const amount = reader.varint();
    const bytes = wireType === 2 ? reader.take(amount) : nothing;
    if (field === 3) readFrames(bytes, records);
    if (field === 6) nextOffset = amount;
  }
  return nextOffset;
}

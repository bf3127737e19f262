/** All records of a node's topic in the binary form of the wire, read with nothing of this project's client or codecs. */

/** Only what is judged. */
export interface RawValue {
  readonly writer: string;
  readonly value: Uint8Array;
}

interface Field {
  readonly number: number;
  /** Of a varint. */
  readonly amount: number;
  /** Of what has a length. */
  readonly bytes: Uint8Array;
}

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

/** `topic` is field 2 of the request, `earliest` field 3. */
function requestFor(topic: string): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(topic);
  const message = Uint8Array.of(0x12, name.length, ...name, 0x18, 1);
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

/** Adds the record of a response, field 2, if it has one. The result is `next_offset`, field 6. */
function readMessage(message: Uint8Array, records: RawValue[]): number {
  let nextOffset = 0;
  for (const { number, amount, bytes } of fieldsOf(message)) {
    if (number === 6) nextOffset = amount;
    if (number === 2) records.push(readRecord(bytes));
  }
  return nextOffset;
}

function readRecord(bytes: Uint8Array): RawValue {
  let value: Uint8Array = nothing;
  let writer = "";
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) value = field.bytes;
    if (field.number === 8) writer = decoder.decode(field.bytes);
  }
  return { writer, value };
}

/** Varints and what has a length: these messages have no others. */
function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let amount = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new Error("Cannot read a response: it ends in the middle of a number");
      amount += (byte & 127) * factor;
      if (byte < 128) return amount;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const wireType = tag & 7;
    if (wireType !== 0 && wireType !== 2) throw new Error(`Cannot read a response: it has wire type ${wireType}`);
    const amount = varint();
    const bytes = wireType === 2 ? message.subarray(at, at + amount) : nothing;
    at += bytes.length;
    yield { number: Math.floor(tag / 8), amount, bytes };
  }
}

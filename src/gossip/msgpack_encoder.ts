/**
 * Writes MessagePack in the old form that both of Serf's generations read: raw strings without str8 or bin, smallest
 * unsigned integers.
 */
import { concat, toBytes, viewOf } from "../base/mod.ts";

/** A number that goes out in 64-bit floating point also when it is whole. */
export class Float64 {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** Bytes that go out as bin, the form that the newer MessagePack has for them. Gossip never sends it. */
export class Bin {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** What the encoder takes: plain objects and maps become maps, undefined and null become nil. */
export type Encodable =
  | undefined
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | Float64
  | Bin
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>
  | { readonly [field: string]: Encodable };

/** Encodes one value. Fields of an object go out sorted, so that equal messages have equal bytes. */
export function encodeMsgpack(value: Encodable): Uint8Array {
  const parts: Uint8Array[] = [];
  write(parts, value);
  return concat(parts);
}

function write(parts: Uint8Array[], value: Encodable): void {
  if (value === undefined || value === null) parts.push(Uint8Array.of(0xc0));
  else if (typeof value === "boolean") parts.push(Uint8Array.of(value ? 0xc3 : 0xc2));
  else if (typeof value === "number") parts.push(encodeNumber(value));
  else if (typeof value === "string") writeRaw(parts, toBytes(value));
  else if (value instanceof Uint8Array) writeRaw(parts, value);
  else if (value instanceof Float64) parts.push(encodeFloat(value.value));
  else if (value instanceof Bin) writeBin(parts, value.bytes);
  else if (Array.isArray(value)) writeArray(parts, value);
  else writeMap(parts, value as ReadonlyMap<string, Encodable> | { readonly [field: string]: Encodable });
}

function encodeNumber(value: number): Uint8Array {
  if (value < 0 || !Number.isInteger(value)) return encodeFloat(value);
  if (value < 0x80) return Uint8Array.of(value);
  if (value < 0x100) return Uint8Array.of(0xcc, value);
  if (value < 0x1_0000) return Uint8Array.of(0xcd, value >> 8, value & 255);
  if (value < 0x1_0000_0000) {
    const bytes = new Uint8Array(5);
    bytes[0] = 0xce;
    viewOf(bytes).setUint32(1, value);
    return bytes;
  }
  const bytes = new Uint8Array(9);
  bytes[0] = 0xcf;
  viewOf(bytes).setUint32(1, Math.floor(value / 0x1_0000_0000));
  viewOf(bytes).setUint32(5, value % 0x1_0000_0000);
  return bytes;
}

function encodeFloat(value: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = 0xcb;
  viewOf(bytes).setFloat64(1, value);
  return bytes;
}

function writeRaw(parts: Uint8Array[], bytes: Uint8Array): void {
  parts.push(encodeLength(bytes.length, { short: 0xa0, shortMax: 31, medium: 0xda, long: 0xdb }), bytes);
}

function writeBin(parts: Uint8Array[], bytes: Uint8Array): void {
  if (bytes.length < 0x100) parts.push(Uint8Array.of(0xc4, bytes.length), bytes);
  // No length is short enough to stand in the first byte.
  else parts.push(encodeLength(bytes.length, { short: 0, shortMax: -1, medium: 0xc5, long: 0xc6 }), bytes);
}

function writeArray(parts: Uint8Array[], values: readonly Encodable[]): void {
  parts.push(encodeLength(values.length, { short: 0x90, shortMax: 15, medium: 0xdc, long: 0xdd }));
  for (const value of values) write(parts, value);
}

function writeMap(
  parts: Uint8Array[],
  value: ReadonlyMap<string, Encodable> | { readonly [field: string]: Encodable },
): void {
  const entries: [string, Encodable][] = value instanceof Map ? [...value] : Object.entries(value);
  entries.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  parts.push(encodeLength(entries.length, { short: 0x80, shortMax: 15, medium: 0xde, long: 0xdf }));
  for (const [key, item] of entries) {
    writeRaw(parts, toBytes(key));
    write(parts, item);
  }
}

interface LengthForms {
  readonly short: number;
  readonly shortMax: number;
  readonly medium: number;
  readonly long: number;
}

function encodeLength(length: number, forms: LengthForms): Uint8Array {
  if (length <= forms.shortMax) return Uint8Array.of(forms.short | length);
  if (length < 0x1_0000) return Uint8Array.of(forms.medium, length >> 8, length & 255);
  const bytes = new Uint8Array(5);
  bytes[0] = forms.long;
  viewOf(bytes).setUint32(1, length);
  return bytes;
}

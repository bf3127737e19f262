/** Reads MessagePack in every form that either of Serf's two generations writes. */
import { sameBytes, toBytes, toText, viewOf } from "../base/mod.ts";

/**
 * A decoded value. Strings and byte strings share one form: the wire does not tell them apart. Whole numbers from 2^53 on
 * are infinite.
 */
export type Value = null | boolean | number | Uint8Array | readonly Value[] | ReadonlyMap<string, Value>;

/** Containers within containers. Serf's deepest message has four. */
const depthMax = 8;

/** Values of one message: its fields, and what they contain. A query with all its filters has a few hundred. */
const messageItemsMax = 4_096;

/** Why reading stopped: the bytes end too early, or they are no message. */
export type Fault = "cut" | "malformed";

/** Reads one value after another. Total over any bytes: the first trouble sets `fault` and yields null from then on. */
export class MsgpackReader {
  at: number;
  fault: Fault | undefined;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #itemsLeft: number;

  /** Of more than `itemsMax` values none is made: each byte of a hostile message may claim to be an object of its own. */
  constructor(bytes: Uint8Array, at = 0, itemsMax: number = messageItemsMax) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.at = at;
    this.#itemsLeft = itemsMax;
  }

  /** Passes over the next value without making it, whatever it is: in constant memory, and much faster. */
  passOver(): void {
    for (let pending = 1; pending > 0 && this.fault === undefined; pending--) {
      const start = this.#take(1);
      if (start < 0) return;
      if (--this.#itemsLeft < 0) this.#fail("malformed");
      pending += this.#passOne(this.#bytes[start] as number);
    }
  }

  /** Passes over one value; returns how many follow that are parts of it. */
  #passOne(lead: number): number {
    if (lead <= 0x7f || lead >= 0xe0) return 0;
    if (lead <= 0x8f) return 2 * (lead & 15);
    if (lead <= 0x9f) return lead & 15;
    if (lead === 0xdc) return this.#unsigned(2);
    if (lead === 0xdd) return this.#unsigned(4);
    if (lead === 0xde) return 2 * this.#unsigned(2);
    if (lead === 0xdf) return 2 * this.#unsigned(4);
    // All others have no parts.
    this.#valueOf(lead, 0);
    return 0;
  }

  /** The next value. Byte strings are views on the same memory. */
  value(depth = 0): Value {
    const start = this.#take(1);
    if (start < 0) return null;
    if (--this.#itemsLeft < 0) return this.#fail("malformed");
    const value = this.#valueOf(this.#bytes[start] as number, depth);
    return this.fault === undefined ? value : null;
  }

  #valueOf(lead: number, depth: number): Value {
    if (lead <= 0x7f) return lead;
    if (lead <= 0x8f) return this.#map(lead & 15, depth);
    if (lead <= 0x9f) return this.#array(lead & 15, depth);
    if (lead <= 0xbf) return this.#raw(lead & 31);
    if (lead >= 0xe0) return lead - 256;
    return this.#longValue(lead, depth);
  }

  #longValue(lead: number, depth: number): Value {
    switch (lead) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xd9:
        return this.#raw(this.#unsigned(1));
      case 0xc5:
      case 0xda:
        return this.#raw(this.#unsigned(2));
      case 0xc6:
      case 0xdb:
        return this.#raw(this.#unsigned(4));
      case 0xca:
        return this.#float(4);
      case 0xcb:
        return this.#float(8);
      case 0xcc:
        return this.#unsigned(1);
      case 0xcd:
        return this.#unsigned(2);
      case 0xce:
        return this.#unsigned(4);
      case 0xcf:
        return this.#unsigned(8);
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return this.#signed(1 << (lead - 0xd0));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (lead - 0xd4));
      case 0xc7:
        return this.#extension(this.#unsigned(1));
      case 0xc8:
        return this.#extension(this.#unsigned(2));
      case 0xc9:
        return this.#extension(this.#unsigned(4));
      case 0xdc:
        return this.#array(this.#unsigned(2), depth);
      case 0xdd:
        return this.#array(this.#unsigned(4), depth);
      case 0xde:
        return this.#map(this.#unsigned(2), depth);
      case 0xdf:
        return this.#map(this.#unsigned(4), depth);
      default:
        return this.#fail("malformed");
    }
  }

  #fail(fault: Fault): null {
    this.fault ??= fault;
    return null;
  }

  /** Where the next `length` bytes begin; −1 when they are not there. */
  #take(length: number): number {
    if (this.fault !== undefined) return -1;
    if (this.at + length > this.#bytes.length) {
      this.#fail("cut");
      return -1;
    }
    const start = this.at;
    this.at += length;
    return start;
  }

  #unsigned(width: number): number {
    const start = this.#take(width);
    if (start < 0) return 0;
    if (width === 1) return this.#bytes[start] as number;
    if (width === 2) return this.#view.getUint16(start);
    if (width === 4) return this.#view.getUint32(start);
    const high = this.#view.getUint32(start);
    // Not rounded: what uses the number shall see that it cannot, and an unknown field may hold any.
    if (high >= 0x20_0000) return Number.POSITIVE_INFINITY;
    return high * 0x1_0000_0000 + this.#view.getUint32(start + 4);
  }

  #signed(width: number): Value {
    const start = this.#take(width);
    if (start < 0) return null;
    if (width === 1) return this.#view.getInt8(start);
    if (width === 2) return this.#view.getInt16(start);
    if (width === 4) return this.#view.getInt32(start);
    const high = this.#view.getInt32(start);
    if (high >= 0x20_0000) return Number.POSITIVE_INFINITY;
    if (high < -0x20_0000) return Number.NEGATIVE_INFINITY;
    return high * 0x1_0000_0000 + this.#view.getUint32(start + 4);
  }

  #float(width: number): Value {
    const start = this.#take(width);
    if (start < 0) return null;
    return width === 4 ? this.#view.getFloat32(start) : this.#view.getFloat64(start);
  }

  #raw(length: number): Value {
    const start = this.#take(length);
    return start < 0 ? null : this.#bytes.subarray(start, start + length);
  }

  /** A type byte and bytes of a kind that Serf never sends: a field that is not known may hold it. */
  #extension(length: number): Value {
    this.#take(1 + length);
    return null;
  }

  #array(length: number, depth: number): Value {
    if (depth >= depthMax) return this.#fail("malformed");
    const values: Value[] = [];
    // Each item takes a byte at least: the loop ends with the bytes, whatever length they claim.
    for (let index = 0; index < length && this.fault === undefined; index++) values.push(this.value(depth + 1));
    return this.fault === undefined ? values : null;
  }

  #map(length: number, depth: number): Value {
    if (depth >= depthMax) return this.#fail("malformed");
    const map = new Map<string, Value>();
    for (let index = 0; index < length && this.fault === undefined; index++) {
      const key = this.value(depth + 1);
      const value = this.value(depth + 1);
      // A key that is no text names no field that is known.
      if (this.fault === undefined && key instanceof Uint8Array) map.set(toText(key), value);
    }
    return this.fault === undefined ? map : null;
  }
}

/** Reads the named fields of a decoded struct. A missing field is its type's zero; a wrong type sets `failed`. */
export class Fields {
  failed = false;
  readonly #map: ReadonlyMap<string, Value>;

  constructor(value: Value) {
    this.failed = !(value instanceof Map);
    this.#map = value instanceof Map ? value : new Map();
  }

  has(name: string): boolean {
    return (this.#map.get(name) ?? null) !== null;
  }

  /** A whole number from 0 to `max`. */
  uint(name: string, max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#map.get(name) ?? 0;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max) return value;
    this.failed = true;
    return 0;
  }

  /** A whole number from 0 on of up to 64 bits: infinite from 2^53 on, for the caller to judge. */
  count(name: string): number {
    return this.#map.get(name) === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : this.uint(name);
  }

  /** A finite number of any kind. */
  number(name: string): number {
    const value = this.#map.get(name) ?? 0;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    this.failed = true;
    return 0;
  }

  flag(name: string): boolean {
    const value = this.#map.get(name) ?? false;
    if (typeof value === "boolean") return value;
    if (value === 0 || value === 1) return value === 1;
    this.failed = true;
    return false;
  }

  bytes(name: string): Uint8Array {
    const value = this.#map.get(name) ?? noBytes;
    if (value instanceof Uint8Array) return value;
    this.failed = true;
    return noBytes;
  }

  text(name: string): string {
    return toText(this.bytes(name));
  }

  /** A text that goes back onto the wire as the very bytes that came. */
  exactText(name: string): string {
    const text = exactTextOf(this.bytes(name));
    if (text !== undefined) return text;
    this.failed = true;
    return "";
  }

  list(name: string): readonly Value[] {
    const value = this.#map.get(name) ?? [];
    if (Array.isArray(value)) return value;
    this.failed = true;
    return [];
  }

  map(name: string): ReadonlyMap<string, Value> {
    const value = this.#map.get(name) ?? new Map<string, Value>();
    if (value instanceof Map) return value;
    this.failed = true;
    return new Map();
  }
}

const noBytes = new Uint8Array(0);

/**
 * The text of a byte string if it encodes to the very same bytes. Names are compared by bytes elsewhere, so a name that
 * is not UTF-8 is refused rather than mangled.
 */
export function exactTextOf(value: Value): string | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  const text = toText(value);
  return sameBytes(toBytes(text), value) ? text : undefined;
}

/** Reads one struct that fills the bytes from `at` on; what comes after it is ignored, as Go's decoder does. */
export function readFields(bytes: Uint8Array, at: number, itemsMax: number = messageItemsMax): Fields | undefined {
  const reader = new MsgpackReader(bytes, at, itemsMax);
  const fields = new Fields(reader.value());
  return reader.fault === undefined && !fields.failed ? fields : undefined;
}

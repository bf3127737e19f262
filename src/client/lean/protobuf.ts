/**
 * Protocol Buffers for the client that browsers load, in a fortieth of the bytes: what the client's sources use of
 * `@bufbuild/protobuf`, under the same names and with the same meaning. `scripts/lean_client.ts` puts this file in that
 * package's place when it bundles, and the generated files' descriptors in the few words that `messages` reads; a test
 * compares both on every message.
 */
import { concat, ProtobufReader, toBytes, toText, viewOf } from "../../base/mod.ts";

/** What a field is: bytes, string, bool, number (uint32 and enums), bigint (uint64, fixed64), double, or a message. */
type Kind = "b" | "s" | "t" | "u" | "U" | "F" | "d" | "m";

interface Field {
  readonly name: string;
  readonly number: number;
  readonly kind: Kind;
  /** `?`: absence is told from zero. `*`: repeated. `%`: a map from texts. */
  readonly shape: "" | "?" | "*" | "%" | undefined;
  /** The group of which one field is set at most. */
  readonly oneof: string | undefined;
  /** Of a message. */
  readonly type: string;
}

/** A message type. */
export interface Schema {
  readonly typeName: string;
  readonly fields: readonly Field[];
  readonly oneofs: readonly string[];
}

/** A message: the names of its fields, and what they hold. */
export type Message = Record<string, unknown>;

interface OneOf {
  readonly case: string | undefined;
  readonly value?: unknown;
}

/** All types by their full names: fields refer to others so. */
const schemas = new Map<string, Schema>();

/**
 * Reads the types of a package: of each its name and its fields in order, as `group.name=7:m*Type`. `group.` stands where the
 * field is one of a group, the number where it is not the next, and kind, shape and type where it is not a plain text; the
 * type is named without the package where that is the same.
 */
export function messages(packageName: string, types: Readonly<Record<string, string>>): Record<string, Schema> {
  const read: Record<string, Schema> = {};
  for (const [name, words] of Object.entries(types)) {
    let number = 0;
    const fields: Field[] = [];
    for (const [, oneof, field, given, kind = "s", shape, type = ""] of words.matchAll(fieldWord)) {
      number = given === undefined ? number + 1 : Number(given);
      const fullName = type.includes(".") ? type : `${packageName}.${type}`;
      fields.push({ oneof, name: field, number, kind, shape, type: fullName } as Field);
    }
    const oneofs = [...new Set(fields.flatMap(({ oneof }) => oneof ?? []))];
    const schema = { typeName: `${packageName}.${name}`, fields, oneofs };
    schemas.set(schema.typeName, schema);
    read[name] = schema;
  }
  return read;
}

/** One of them. */
export function typeOf(types: Readonly<Record<string, Schema>>, name: string): Schema {
  return types[name] as Schema;
}

const fieldWord = /(?:(\w+)\.)?(\w+)(?:=(\d+))?(?::(\w)([?*%]?)([\w.]*))?/g;

/** A message in which nothing is missing: what is not said is empty. */
export function create(schema: Schema, init: Message = {}): Message {
  const message: Message = { $typeName: schema.typeName };
  for (const oneof of schema.oneofs) message[oneof] = createOneOf(schema, oneof, init[oneof] as OneOf | undefined);
  for (const field of schema.fields) {
    if (field.oneof !== undefined) continue;
    const value = init[field.name] ?? emptyOf(field);
    if (value !== undefined) message[field.name] = mapped(field, value, (one) => filled(field, one));
  }
  return message;
}

export function clone(schema: Schema, message: Message): Message {
  return create(schema, message);
}

function createOneOf({ fields }: Schema, oneof: string, chosen: OneOf | undefined): OneOf {
  const field = fields.find((one) => one.oneof === oneof && one.name === chosen?.case);
  if (field === undefined || chosen === undefined) return { case: undefined };
  return { case: field.name, value: filled(field, chosen.value) };
}

function filled({ kind, type }: Field, value: unknown): unknown {
  return kind === "m" ? create(schemaOf(type), value as Message) : value;
}

/** Applies to each value of a field. */
function mapped({ shape }: Field, value: unknown, apply: (one: unknown) => unknown): unknown {
  if (shape === "*") return (value as unknown[]).map(apply);
  if (shape !== "%") return apply(value);
  return Object.fromEntries(Object.entries(value as object).map(([key, one]) => [key, apply(one)]));
}

function schemaOf(type: string): Schema {
  const schema = schemas.get(type);
  if (schema === undefined) throw new TypeError(`Cannot find message ${type}: it was not read`);
  return schema;
}

const zeros: Readonly<Record<Kind, unknown>> = {
  ...{ b: new Uint8Array(0), s: "", t: false, u: 0, U: 0n, F: 0n, d: 0 },
  m: undefined,
};

function emptyOf({ kind, shape }: Field): unknown {
  if (shape === "*") return [];
  if (shape === "%") return {};
  return shape === "?" ? undefined : zeros[kind];
}

const varintType = 0;
const fixedType = 1;
const fixedBytes = 8;
const bytesType = 2;

export function toBinary(schema: Schema, message: Message): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of schema.fields) {
    const { name, oneof, kind, shape } = field;
    const chosen = oneof === undefined ? undefined : (message[oneof] as OneOf | undefined);
    const value = oneof === undefined ? message[name] : chosen?.case === name ? chosen.value : undefined;
    if (value === undefined) continue;
    if (shape === "*" && isPacked(kind)) {
      const packed = (value as unknown[]).flatMap((one) => bytesOf(field, one));
      if (packed.length > 0) parts.push(tagOf(field, bytesType), ...withLength(concat(packed)));
    } else if (shape === "*") {
      for (const one of value as unknown[]) parts.push(...fieldBytes(field, one));
    } else if (shape === "%") {
      for (const [key, one] of Object.entries(value as object)) parts.push(...entryBytes(field, key, one));
    } else if (oneof !== undefined || shape === "?" || !isZero(value)) {
      parts.push(...fieldBytes(field, value));
    }
  }
  return parts.length === 0 ? new Uint8Array(0) : concat(parts);
}

function isZero(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  // The zero that has a sign is not left out.
  return value === "" || value === false || value === 0n || Object.is(value, 0);
}

function isPacked(kind: Kind): boolean {
  return kind === "t" || kind === "u" || kind === "U";
}

function tagOf({ number }: Field, wireType: number): Uint8Array {
  return varint(BigInt(number * 8 + wireType));
}

function fieldBytes(field: Field, value: unknown): Uint8Array[] {
  const { kind } = field;
  const wireType = kind === "d" || kind === "F" ? fixedType : isPacked(kind) ? varintType : bytesType;
  return [tagOf(field, wireType), ...bytesOf(field, value)];
}

/** A map is a list of messages of key and value. */
function entryBytes(field: Field, key: string, value: unknown): Uint8Array[] {
  const keyField: Field = { ...field, number: 1, kind: "s" };
  const entry = concat([...fieldBytes(keyField, key), ...fieldBytes({ ...field, number: 2 }, value)]);
  return [tagOf(field, bytesType), ...withLength(entry)];
}

function bytesOf({ kind, type }: Field, value: unknown): Uint8Array[] {
  switch (kind) {
    case "b":
      return withLength(value as Uint8Array);
    case "s":
      return withLength(toBytes(value as string));
    case "m":
      return withLength(toBinary(schemaOf(type), value as Message));
    case "d":
    case "F": {
      const bytes = new Uint8Array(fixedBytes);
      if (kind === "d") viewOf(bytes).setFloat64(0, value as number, true);
      else viewOf(bytes).setBigUint64(0, value as bigint, true);
      return [bytes];
    }
    case "t":
    case "u":
    case "U":
      return [varint(BigInt(value as number | bigint | boolean))];
    default:
      throw kind satisfies never;
  }
}

function withLength(bytes: Uint8Array): Uint8Array[] {
  return [varint(BigInt(bytes.length)), bytes];
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** The message of these bytes. Throws where they are none. What a newer sender says beyond it is passed over. */
export function fromBinary(schema: Schema, bytes: Uint8Array): Message {
  const message = create(schema);
  const reader = new ProtobufReader(bytes);
  while (reader.next()) {
    const field = schema.fields.find(({ number }) => number === reader.field);
    if (field !== undefined) take(message, field, reader, bytes);
  }
  if (reader.failed) throw new TypeError(`Cannot read ${schema.typeName}: its bytes are malformed`);
  return message;
}

function take(message: Message, field: Field, reader: ProtobufReader, bytes: Uint8Array): void {
  const { name, oneof, shape, kind } = field;
  if (oneof !== undefined) {
    message[oneof] = { case: name, value: fieldValueOf(field, reader, bytes) };
  } else if (shape === "*" && isPacked(kind) && reader.end > reader.start) {
    (message[name] as unknown[]).push(...unpacked(field, reader.bytes));
  } else if (shape === "*") {
    (message[name] as unknown[]).push(fieldValueOf(field, reader, bytes));
  } else if (shape === "%") {
    const entry = entryOf(field, reader.bytes);
    (message[name] as Message)[entry.key] = entry.value;
  } else {
    message[name] = fieldValueOf(field, reader, bytes);
  }
}

function fieldValueOf({ kind, type }: Field, reader: ProtobufReader, bytes: Uint8Array): unknown {
  switch (kind) {
    case "b":
      return reader.bytes;
    case "s":
      return toText(reader.bytes);
    case "m":
      return fromBinary(schemaOf(type), reader.bytes);
    case "d":
    case "F": {
      const at = reader.start + fixedBytes <= bytes.length ? reader.start : undefined;
      if (at === undefined) return zeros[kind];
      return kind === "d" ? viewOf(bytes).getFloat64(at, true) : viewOf(bytes).getBigUint64(at, true);
    }
    case "t":
      return reader.number !== 0;
    case "u":
      return reader.number;
    case "U":
      return BigInt(reader.number);
    default:
      throw kind satisfies never;
  }
}

/** Numbers one after another; those of eight bytes are none that we have. */
function unpacked(field: Field, bytes: Uint8Array): unknown[] {
  const values: unknown[] = [];
  // Each as the field of a message of its own: a tag and the number.
  for (let at = 0; at < bytes.length; ) {
    let end = at;
    while (end < bytes.length - 1 && (bytes[end] as number) >= 128) end++;
    const one = concat([tagOf(field, varintType), bytes.subarray(at, end + 1)]);
    const reader = new ProtobufReader(one);
    reader.next();
    values.push(fieldValueOf(field, reader, one));
    at = end + 1;
  }
  return values;
}

function entryOf(field: Field, bytes: Uint8Array): { readonly key: string; readonly value: unknown } {
  const reader = new ProtobufReader(bytes);
  let key = "";
  let value: unknown = field.kind === "m" ? create(schemaOf(field.type)) : zeros[field.kind];
  while (reader.next()) {
    if (reader.field === 1) key = toText(reader.bytes);
    else if (reader.field === 2) value = fieldValueOf({ ...field, shape: "" }, reader, bytes);
  }
  return { key, value };
}

// runtimes: bun (it compares two readings of the same descriptors, and those are the same everywhere)
import { create, type DescMessage, fromBinary, type MessageInitShape, ScalarType, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fieldWords } from "../../scripts/lean_client.ts";
import * as lean from "../../src/client/lean/connect.ts";
import * as leanProtobuf from "../../src/client/lean/protobuf.ts";
import * as cluster from "../../src/gen/grapevine/v1/cluster_pb.ts";
import * as page from "../../src/gen/grapevine/v1/page_pb.ts";
import * as registry from "../../src/gen/grapevine/v1/registry_pb.ts";
import * as log from "../../src/gen/log/v1/log_pb.ts";

const seed = Number(process.env.SEED ?? 1);

function typesOf(generated: object): DescMessage[] {
  return Object.values(generated).filter((value): value is DescMessage => value.kind === "message");
}

const types = [log, cluster, registry, page].flatMap(typesOf);

/** Each type once more, as browsers read it. */
const leanTypes = new Map(
  [log, cluster, registry, page].flatMap((generated) => {
    const found = typesOf(generated);
    const packageName = (found[0] as DescMessage).file.proto.package;
    const words = found.map((type) => [type.name, fieldWords(type.fields, packageName)]);
    return Object.values(leanProtobuf.messages(packageName, Object.fromEntries(words))).map(
      (schema) => [schema.typeName, schema] as const,
    );
  }),
);

type Value = fc.Arbitrary<unknown>;

const scalars: Readonly<Partial<Record<ScalarType, Value>>> = {
  [ScalarType.BYTES]: fc.uint8Array({ maxLength: 300 }),
  [ScalarType.STRING]: fc.string({ maxLength: 200, unit: "grapheme" }),
  [ScalarType.BOOL]: fc.boolean(),
  [ScalarType.UINT32]: fc.nat({ max: 0xffff_ffff }),
  [ScalarType.UINT64]: fc.bigInt({ min: 0n, max: BigInt(Number.MAX_SAFE_INTEGER) }),
  [ScalarType.FIXED64]: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
  [ScalarType.DOUBLE]: fc.double({ noNaN: true }),
};

/** Messages of a type as callers begin them, to a depth. */
function initOf(type: DescMessage, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const model: Record<string, Value> = {};
  const groups = new Map<string, Value[]>();
  for (const field of type.fields) {
    const message = field.fieldKind === "scalar" || field.fieldKind === "enum" ? undefined : field.message;
    if (message !== undefined && depth === 0) continue;
    const one: Value =
      message !== undefined
        ? initOf(message, depth - 1)
        : "scalar" in field && field.scalar !== undefined
          ? (scalars[field.scalar] as Value)
          : fc.nat({ max: 3 });
    if (field.oneof !== undefined) {
      const chosen = one.map((value) => ({ case: field.localName, value }));
      groups.set(field.oneof.localName, [...(groups.get(field.oneof.localName) ?? []), chosen]);
    } else if (field.fieldKind === "list") model[field.localName] = fc.array(one, { maxLength: 3 });
    else if (field.fieldKind === "map")
      model[field.localName] = fc.dictionary(fc.string({ maxLength: 8, unit: "grapheme" }), one, { maxKeys: 3 });
    else model[field.localName] = one;
  }
  for (const [name, choices] of groups) model[name] = fc.oneof(...choices);
  return fc.record(model, { requiredKeys: [] });
}

/** Without what only the library's messages have. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([name, field]) => name !== "$unknown" && field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, plain(field)]));
}

test("every message reads and writes as the library has it, both ways", () => {
  for (const type of types) {
    const schema = leanTypes.get(type.typeName) as leanProtobuf.Schema;
    const property = fc.property(initOf(type, 3), (init) => {
      const theirs = create(type, init as MessageInitShape<DescMessage>);
      const ours = leanProtobuf.create(schema, init);
      assert.equal(plain(ours), plain(theirs), `${type.typeName} created`);
      assert.equal(plain(leanProtobuf.clone(schema, ours)), plain(theirs));
      const bytes = leanProtobuf.toBinary(schema, init);
      assert.equal(plain(fromBinary(type, bytes)), plain(theirs), `${type.typeName} written`);
      assert.is(bytes.length, toBinary(type, theirs).length);
      assert.equal(
        plain(leanProtobuf.fromBinary(schema, toBinary(type, theirs))),
        plain(theirs),
        `${type.typeName} read`,
      );
    });
    fc.assert(property, { seed, numRuns: 12 });
  }
});

test("fromBinary() passes over what it does not know, and refuses what is malformed", () => {
  const schema = leanTypes.get("log.v1.LowestAvailable") as leanProtobuf.Schema;
  const record = toBinary(log.RecordSchema, create(log.RecordSchema, { value: new Uint8Array([1]), timestampMs: 7n }));
  assert.equal(plain(leanProtobuf.fromBinary(schema, record)), { $typeName: "log.v1.LowestAvailable", cursor: [1] });
  assert.throws(() => leanProtobuf.fromBinary(schema, new Uint8Array([0x0a, 9, 1])), /malformed/);
});

test("codes are those of Connect, and errors keep what made them", () => {
  for (const [name, code] of Object.entries(lean.Code)) assert.is(Code[name as keyof typeof Code], code, name);
  assert.is(Object.keys(lean.Code).length, 16);
  const made: readonly Error[] = [new TypeError("Failed to fetch"), new DOMException("left", "AbortError")];
  for (const reason of made) {
    const [ours, theirs] = [lean.ConnectError.from(reason), ConnectError.from(reason)];
    assert.is(ours.code as number, theirs.code);
    assert.is(ours.rawMessage, theirs.rawMessage);
    assert.is(ours.cause, theirs.cause);
  }
});

test.run();

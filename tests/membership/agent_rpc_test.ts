/** Serf's agent RPC on its own: captured requests are read, captured answers are written, and no bytes break it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat, Random, toBytes, toHex } from "../../src/base/mod.ts";
import { encodeMsgpack, MsgpackReader, type Value } from "../../src/gossip/mod.ts";
import {
  type AgentRequest,
  AgentRequestReader,
  agentRequestBytesMax,
  coordinateBody,
  encodeReply,
  filterMembers,
  keysBody,
  type Member,
  memberBody,
  memberEventRecord,
  parseEventFilters,
  queryNoticeRecord,
  queryRecord,
  userEventRecord,
} from "../../src/membership/mod.ts";
import { bytesOf, vectorNamed, vectorsOf } from "../vectors/serf_vectors.ts";

interface Read {
  readonly requests: readonly { readonly seq: number; readonly request: AgentRequest }[];
  readonly end: "more" | "unsupported" | "malformed";
  readonly isAmid: boolean;
}

/** Reads all requests of a stream that arrives in pieces. */
function read(bytes: Uint8Array, pieceBytes: number = bytes.length || 1): Read {
  const reader = new AgentRequestReader();
  const requests: { seq: number; request: AgentRequest }[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    reader.push(bytes.slice(at, at + pieceBytes));
    for (;;) {
      const scan = reader.next();
      if (scan.type === "request") requests.push({ seq: scan.seq, request: scan.request });
      else if (scan.type === "more") break;
      else return { requests, end: scan.type, isAmid: reader.isAmidRequest };
    }
  }
  return { requests, end: "more", isAmid: reader.isAmidRequest };
}

const payload = toBytes("pay");
const greeting = { seq: 1, request: { command: "handshake", version: 1 } };

/** What each captured stream of requests says after its greeting. */
const captured: Readonly<Record<string, readonly object[]>> = {
  rpc_members_request: [{ command: "members-filtered", filter: { name: "", status: "", tags: new Map() } }],
  rpc_event_request: [{ command: "event", name: "ev", payload, coalesce: true }],
  rpc_query_request: [
    {
      ...{ command: "query", name: "q", payload: toBytes("P"), nodes: [], tags: new Map() },
      ...{ wantsAcks: true, relayFactor: 0, timeoutMs: 300 },
    },
  ],
  rpc_tags_request: [{ command: "tags", set: new Map([["a", "b"]]), remove: ["role"] }],
  rpc_coordinate_request: [
    { command: "get-coordinate", node: "rpc" },
    { command: "get-coordinate", node: "rpc" },
  ],
  rpc_stats_request: [{ command: "stats" }],
  rpc_join_request: [{ command: "join", addresses: ["127.0.0.1:18081"], replay: false }],
  rpc_force_leave_request: [{ command: "force-leave", node: "nobody", prune: false }],
};

for (const [name, expected] of Object.entries(captured)) {
  test(`${name} is read, in one piece and byte by byte`, () => {
    const bytes = bytesOf(vectorNamed(name).hex);
    const requests = [greeting, ...expected.map((request, index) => ({ seq: index + 2, request }))];
    for (const pieceBytes of [bytes.length, 1, 7]) {
      assert.equal(read(bytes, pieceBytes), { requests, end: "more", isAmid: false });
    }
  });
}

test("rpc_stream_request_crafted, which begins with number 0, is read", () => {
  const { requests } = read(bytesOf(vectorNamed("rpc_stream_request_crafted").hex));
  assert.equal(requests, [
    { seq: 0, request: { command: "handshake", version: 1 } },
    { seq: 1, request: { command: "stream", filters: "*" } },
  ]);
});

const rpcMember: Member = {
  ...{ name: "rpc", address: { host: "127.0.0.1", port: 18081 }, status: "alive", incarnation: 1 },
  tags: new Map([["role", "web"]]),
};
const atOrigin = { vector: new Array<number>(8).fill(0), error: 1.5, adjustment: 0, height: 1e-5 };
const placed = coordinateBody(coordinateOf("rpc_coordinate_response"));

/** The captured coordinate: its height is not quite that of the origin. */
function coordinateOf(name: string): typeof atOrigin {
  const body = valuesOf(bytesOf(vectorNamed(name).hex))[2] as ReadonlyMap<string, Value>;
  const fields = body.get("Coord") as ReadonlyMap<string, number>;
  return { ...atOrigin, height: fields.get("Height") as number };
}

function valuesOf(bytes: Uint8Array): Value[] {
  const reader = new MsgpackReader(bytes);
  const values: Value[] = [];
  while (reader.at < bytes.length && reader.fault === undefined) values.push(reader.value());
  assert.is(reader.fault, undefined);
  return values;
}

const ok = encodeReply(2, "");
const answers: Readonly<Record<string, readonly Uint8Array[]>> = {
  rpc_members_response: [encodeReply(2, "", { Members: [memberBody(rpcMember, Uint8Array.of(1, 5, 2, 2, 5, 5))] })],
  rpc_event_response: [ok],
  rpc_query_response: [
    ok,
    encodeReply(2, "", queryRecord("ack", "rpc")),
    encodeReply(2, "", queryRecord("response", "rpc", toBytes("answer\n"))),
    encodeReply(2, "", queryRecord("done")),
  ],
  rpc_tags_response: [ok],
  rpc_coordinate_response: [encodeReply(2, "", placed), encodeReply(3, "", placed)],
  rpc_join_response: [encodeReply(2, "", { Num: 1 })],
  rpc_force_leave_response: [ok],
};

for (const [name, replies] of Object.entries(answers)) {
  test(`${name} is written byte for byte`, () => {
    assert.is(toHex(concat([encodeReply(1, ""), ...replies])), vectorNamed(name).hex);
  });
}

test("rpc_stats_response, whose fields have no order, says what ours would", () => {
  const [, , , body] = valuesOf(bytesOf(vectorNamed("rpc_stats_response").hex));
  const plain = (value: Value): unknown =>
    value instanceof Map ? Object.fromEntries([...value].map(([key, each]) => [key, plain(each)])) : value;
  const [, ours] = valuesOf(
    encodeReply(2, "", plain(body ?? null) as { [field: string]: { [field: string]: string } }),
  );
  assert.equal(plain(ours ?? null), plain(body ?? null));
});

test("every captured vector of the RPC is used", () => {
  const used = [...Object.keys(captured), ...Object.keys(answers), "rpc_stream_request_crafted", "rpc_stats_response"];
  assert.equal(
    vectorsOf("rpc")
      .map(({ name }) => name)
      .sort(),
    used.sort(),
  );
});

test("bytes go out as bin of every width, and events as streams tell them", () => {
  for (const [length, lead] of [
    [3, "c403"],
    [300, "c5012c"],
    [70_000, "c600011170"],
  ] as const) {
    assert.match(
      toHex(encodeReply(1, "", queryRecord("response", "n", new Uint8Array(length)))),
      `a75061796c6f6164${lead}`,
    );
  }
  const plain = (body: object): Value => valuesOf(encodeReply(1, "", body as never))[1] ?? null;
  const event = { name: "deploy", payload, coalesce: true, lamport: 7 };
  assert.equal(
    plain(userEventRecord(event)),
    plain({ Coalesce: true, Event: "user", LTime: 7, Name: "deploy", Payload: payload }),
  );
  assert.equal(
    plain(queryNoticeRecord(3, event)),
    plain({ Event: "query", ID: 3, LTime: 7, Name: "deploy", Payload: payload }),
  );
  const gone = memberEventRecord({ type: "member-failed", member: rpcMember }, [{ Name: "rpc" }]);
  assert.equal(plain(gone), plain({ Event: "member-failed", Members: [{ Name: "rpc" }] }));
  const keys = keysBody({ nodes: 2, answered: 1, errors: new Map([["b", "no"]]), keys: new Map([["k", 1]]) });
  assert.equal(plain(keys), plain({ Keys: { k: 1 }, Messages: { b: "no" }, NumErr: 1, NumNodes: 2, NumResp: 1 }));
  assert.equal(plain(coordinateBody(undefined)), plain({ Coord: null, Ok: false }));
});

test("an unknown command ends the reading, and so does what is no request", () => {
  const header = (Command: unknown, Seq: unknown = 9): Uint8Array => encodeMsgpack({ Command, Seq } as never);
  const unknown = read(concat([header("members"), header("brew-tea"), header("members")]));
  assert.equal([unknown.requests.length, unknown.end], [1, "unsupported"]);
  assert.is(read(header("constructor")).end, "unsupported");
  const malformed: Uint8Array[] = [
    Uint8Array.of(0xc1),
    Uint8Array.of(0x07),
    header("members", "x"),
    header("members", -1),
    header(5),
    concat([header("event"), encodeMsgpack({ Name: 5 })]),
    concat([header("event"), encodeMsgpack([])]),
    concat([header("join"), encodeMsgpack({ Existing: [5] })]),
    concat([header("query"), encodeMsgpack({ RelayFactor: 256 })]),
    concat([header("tags"), encodeMsgpack({ Tags: { a: [] } })]),
    Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0xdd, 0x00, 0x02, 0x00, 0x00),
    new Uint8Array(agentRequestBytesMax + 1).fill(0x91),
  ];
  for (const bytes of malformed) assert.is(read(bytes).end, "malformed", toHex(bytes.subarray(0, 20)));
});

test("values of every form are passed over, in a field that nobody knows", () => {
  const command = `a7${toHex(toBytes("Command"))}a5${toHex(toBytes("stats"))}a3${toHex(toBytes("Seq"))}03a178`;
  const forms = ["c0", "c2", "c3", "7f", "e0", "cc01", "cd0001", "ce00000001", "cf0000000000000001", "d001", "d10001"];
  forms.push("d200000001", "d30000000000000001", "ca3f800000", "cb3ff0000000000000", "a161", "d90161", "da000161");
  forms.push("db0000000161", "c40161", "c5000161", "c60000000161", "9101", "dc000101", "dd0000000101", "81a16101");
  forms.push("de0001a16101", "df00000001a16101");
  const expected = { seq: 3, request: { command: "stats" } };
  for (const form of forms) {
    const bytes = bytesOf(`83${command}${form}`.repeat(2));
    for (const pieceBytes of [bytes.length, 1]) {
      assert.equal(read(bytes, pieceBytes), { requests: [expected, expected], end: "more", isAmid: false }, form);
    }
  }
});

test("a request as large as is allowed passes, one byte more does not", () => {
  const event = (payloadBytes: number): Uint8Array =>
    concat([
      encodeMsgpack({ Command: "event", Seq: 1 }),
      encodeMsgpack({ Name: "n", Payload: new Uint8Array(payloadBytes) }),
    ]);
  const overhead = encodeMsgpack({ Name: "n", Payload: new Uint8Array(60_000) }).length - 60_000;
  assert.is(read(event(agentRequestBytesMax - overhead), 1_000).requests.length, 1);
  assert.is(read(event(agentRequestBytesMax - overhead + 1), 1_000).end, "malformed");
});

test("cut streams wait for the rest, and say that they do", () => {
  for (const name of Object.keys(captured)) {
    const bytes = bytesOf(vectorNamed(name).hex);
    const whole = read(bytes).requests;
    for (let length = 0; length < bytes.length; length++) {
      const cut = read(bytes.subarray(0, length), 5);
      assert.is(cut.end, "more");
      assert.equal(cut.requests, whole.slice(0, cut.requests.length));
      assert.ok(cut.requests.length < whole.length);
    }
  }
});

test("flipped bits never throw, and pieces make no difference", () => {
  const random = new Random("agent-rpc");
  const sources = vectorsOf("rpc").map(({ hex }) => bytesOf(hex as string));
  for (let round = 0; round < 4_000; round++) {
    const bytes = random.pick(sources)?.slice() as Uint8Array;
    for (let flips = 1 + random.below(4); flips > 0; flips--) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    }
    const [whole, pieces] = [read(bytes), read(bytes, 1 + random.below(9))];
    assert.equal(pieces.requests, whole.requests);
    assert.is(pieces.end, whole.end);
  }
});

test("parseEventFilters() knows types, names and the star, and refuses the rest", () => {
  const accepts = (filters: string, type: string, name?: string) => parseEventFilters(filters)?.({ type, name });
  assert.is(accepts("*", "member-reap"), true);
  assert.is(accepts("", "query", "q"), true);
  assert.is(accepts("member-join,user:deploy", "user", "deploy"), true);
  assert.is(accepts("member-join,user:deploy", "user", "other"), false);
  assert.is(accepts("member-join,user:deploy", "member-leave"), false);
  assert.is(accepts("query:q", "query", "q"), true);
  assert.is(accepts("query", "query", "any"), true);
  assert.is(accepts("user", "query", "any"), false);
  for (const refused of ["nonsense", "user:", "member-join,,", new Array(65).fill("*").join(",")]) {
    assert.is(parseEventFilters(refused), undefined, refused);
  }
});

test("filterMembers() asks for the whole of name, status and tags", () => {
  const member = (name: string, status: Member["status"], role: string): Member => ({
    ...{ name, status, tags: new Map([["role", role]]), incarnation: 1 },
    address: { host: "127.0.0.1", port: 1 },
  });
  const members = [member("web-1", "alive", "web"), member("web-10", "failed", "web"), member("db-1", "alive", "db")];
  const names = (filter: { name?: string; status?: string; tags?: [string, string][] }) =>
    filterMembers(members, { name: filter.name ?? "", status: filter.status ?? "", tags: new Map(filter.tags) })?.map(
      ({ name }) => name,
    );
  assert.equal(names({}), ["web-1", "web-10", "db-1"]);
  assert.equal(names({ name: "web-1" }), ["web-1"]);
  assert.equal(names({ name: "web-.*", status: "alive" }), ["web-1"]);
  assert.equal(names({ name: "web-1|db" }), ["web-1"]);
  assert.equal(names({ tags: [["role", "w?db|x"]] }), ["db-1"]);
  assert.equal(names({ tags: [["zone", "eu"]] }), []);
  for (const name of ["(", "a)(b", "["]) assert.is(names({ name }), undefined, name);
});

test.run();

/** Bytes of anybody: an answer is never larger than the asker takes, has its id, and can be read. `SEED=…` replays, `ROUNDS=…` goes on for longer. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { concat, Random, toHex, viewOf } from "../../src/base/mod.ts";
import type { DnsResponder } from "../../src/dns/mod.ts";
import { decode, instance, node, queryOf, responderOf } from "./fakes.ts";

const seed = process.env["SEED"] ?? String(Math.floor(Math.random() * 1e9));
const rounds = Number(process.env["ROUNDS"] ?? 1_500);

function responder(): DnsResponder {
  const services = Array.from({ length: 100 }, (_, index) =>
    instance({ name: "web", id: `web-${index}`, address: `10.0.0.${index}`, port: 1 + index, tags: ["v1"] }),
  );
  return responderOf({ services, nodes: [node("n1", "10.0.0.1")] });
}

const questions: readonly (readonly [name: string, type: string])[] = [
  ["web.service.grapevine", "A"],
  ["v1.web.service.grapevine", "SRV"],
  ["_web._tcp.service.grapevine", "SRV"],
  ["n1.node.grapevine", "AAAA"],
  ["7f000001.addr.grapevine", "A"],
  ["grapevine", "ANY"],
  ["example.com", "TXT"],
];

/** A query as it should be, by one who takes this much or that. */
function realQuery(random: Random): Uint8Array {
  const [name, type] = random.pick(questions) as (typeof questions)[number];
  const options = random.chance(0.5) ? {} : { udpBytes: random.below(2_000) };
  return queryOf(name, type, { id: random.below(65_536), ...options });
}

function check(server: DnsResponder, query: Uint8Array, over: "udp" | "tcp"): void {
  const answer = server.answer(query, over);
  const what = `${toHex(query)} (SEED=${seed})`;
  const isSilent = query.length < 12 || (query[2] as number) >= 0x80 || query.length > 4_096;
  assert.is(answer === undefined, isSilent, what);
  if (answer === undefined) return;
  assert.ok(answer.length <= (over === "udp" ? 1_232 : 65_535), what);
  assert.is(viewOf(answer).getUint16(0), viewOf(query).getUint16(0), what);
  const reply = decode(answer);
  assert.ok(reply.flag_qr && !reply.flag_ra, what);
  if (reply.questions?.length !== 1) assert.is(answer.length, 12, what);
  if (reply.questions?.length === 1) {
    const end = 12 + questionBytes(answer);
    assert.is(toHex(answer.subarray(12, end)), toHex(query.subarray(12, end)), what);
  }
  // Without the number of EDNS in it, nobody said to take more than everybody takes.
  if (over === "udp" && !query.includes(41)) assert.ok(answer.length <= 512, what);
}

function questionBytes(message: Uint8Array): number {
  let at = 12;
  while (message[at] !== 0) at += 1 + (message[at] as number);
  return at + 5 - 12;
}

test(`random bytes (SEED=${seed})`, () => {
  const [server, random] = [responder(), new Random(`${seed}/bytes`)];
  for (let round = 0; round < rounds; round++) {
    const bytes = random.bytes(random.below(round % 100 === 0 ? 5_000 : 120));
    // A header of one question, so that more than the header is read.
    if (round % 2 === 0 && bytes.length >= 12) bytes.set([0, 0, 0, 1, 0, 0, 0, 0, 0, random.below(3)], 2);
    check(server, bytes, random.chance(0.5) ? "udp" : "tcp");
  }
});

test(`real queries, with bytes changed, left out, repeated and put in (SEED=${seed})`, () => {
  const [server, random] = [responder(), new Random(`${seed}/mutated`)];
  for (let round = 0; round < rounds; round++) {
    let bytes = realQuery(random);
    for (let changes = random.below(5); changes > 0; changes--) bytes = mutated(bytes, random);
    check(server, bytes, random.chance(0.5) ? "udp" : "tcp");
  }
});

function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const to = random.between(at, bytes.length);
  switch (random.below(5)) {
    case 0:
      return concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 1:
      return concat([bytes.subarray(0, to), bytes.subarray(at)]);
    case 2:
      return concat([bytes.subarray(0, at), random.bytes(random.below(20)), bytes.subarray(at)]);
    default: {
      const changed = bytes.slice();
      const odd = [0, 1, 12, 41, 63, 64, 0x80, 0xc0, 0xff, random.below(256)];
      if (at < bytes.length) changed[at] = random.pick(odd) as number;
      return changed;
    }
  }
}

test(`a name that nothing was changed in is read as others read it (SEED=${seed})`, () => {
  const random = new Random(`${seed}/names`);
  const letters = "abcXYZ019-_";
  for (let round = 0; round < 500; round++) {
    const label = () =>
      Array.from({ length: random.between(1, 20) }, () => letters[random.below(letters.length)]).join("");
    const name = Array.from({ length: random.between(1, 6) }, label).join(".");
    const asked: string[] = [];
    const server = responderOf({}, { domain: "z" });
    const answer = server.answer(queryOf(`${name}.z`, "A"), "udp");
    asked.push(decode(answer as Uint8Array).questions?.[0]?.name ?? "");
    assert.equal(asked, [`${name}.z`]);
  }
});

/** A header that claims so many questions and additional records. */
function header(questions: number, additionals: number): Uint8Array {
  return Uint8Array.of(0xab, 0xcd, 1, 0, 0, questions, 0, 0, 0, 0, 0, additionals);
}

const typeAndClass = [0, 1, 0, 1];
const edns = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];

const malformed: readonly (readonly [what: string, bytes: Uint8Array, rcode: string])[] = [
  ["a name that refers to itself", concat([header(1, 0), Uint8Array.of(0xc0, 12, ...typeAndClass)]), "FORMERR"],
  [
    "a name that refers to the header",
    concat([header(1, 0), Uint8Array.of(1, 97, 0xc0, 0, ...typeAndClass)]),
    "FORMERR",
  ],
  [
    "two names that refer to each other",
    concat([header(1, 0), Uint8Array.of(0xc0, 14, 0xc0, 12, ...typeAndClass)]),
    "FORMERR",
  ],
  [
    "a label of a kind that nobody defined",
    concat([header(1, 0), Uint8Array.of(0x41, 97, 0, ...typeAndClass)]),
    "FORMERR",
  ],
  [
    "a label of 65 bytes",
    concat([header(1, 0), Uint8Array.of(65), new Uint8Array(65).fill(97), Uint8Array.of(0, ...typeAndClass)]),
    "FORMERR",
  ],
  [
    "a label of 192 bytes",
    concat([header(1, 0), Uint8Array.of(192), new Uint8Array(192).fill(97), Uint8Array.of(0, ...typeAndClass)]),
    "FORMERR",
  ],
  ["a label longer than the message", concat([header(1, 0), Uint8Array.of(63, 97, 0, ...typeAndClass)]), "FORMERR"],
  ["a name without an end", concat([header(1, 0), Uint8Array.of(1, 97)]), "FORMERR"],
  ["a question without its class", concat([header(1, 0), Uint8Array.of(0, 0, 1)]), "FORMERR"],
  [
    "a name of more than 255 bytes",
    concat([
      header(1, 0),
      ...Array.from({ length: 128 }, () => Uint8Array.of(1, 97)),
      Uint8Array.of(0, ...typeAndClass),
    ]),
    "FORMERR",
  ],
  ["no question", header(0, 0), "FORMERR"],
  ["two questions", concat([header(2, 0), Uint8Array.of(0, ...typeAndClass, 0, ...typeAndClass)]), "FORMERR"],
  ["65,535 records", concat([header(1, 0).fill(0xff, 6, 12), Uint8Array.of(0, ...typeAndClass)]), "FORMERR"],
  ["a record that is not there", concat([header(1, 1), Uint8Array.of(0, ...typeAndClass)]), "FORMERR"],
  ["bytes behind its end", concat([header(1, 0), Uint8Array.of(0, ...typeAndClass, 7)]), "FORMERR"],
  ["EDNS twice", concat([header(1, 2), Uint8Array.of(0, ...typeAndClass, ...edns, ...edns)]), "FORMERR"],
  ["EDNS of a name", concat([header(1, 1), Uint8Array.of(0, ...typeAndClass, 1, 97, ...edns)]), "FORMERR"],
  [
    "EDNS whose owner refers to the question",
    concat([header(1, 1), Uint8Array.of(0, ...typeAndClass, 0xc0, 12, ...edns.slice(1))]),
    "FORMERR",
  ],
  [
    "options of EDNS longer than the message",
    concat([header(1, 1), Uint8Array.of(0, ...typeAndClass, ...edns.slice(0, 10), 9)]),
    "FORMERR",
  ],
  ["a question for EDNS", concat([header(1, 0), Uint8Array.of(0, 0, 41, 0, 1)]), "FORMERR"],
  ["a notification", Uint8Array.of(0xab, 0xcd, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0), "NOTIMP"],
  ["an update", Uint8Array.of(0xab, 0xcd, 0x28, 0, 0, 1, 0, 0, 0, 0, 0, 0), "NOTIMP"],
];

for (const [what, bytes, rcode] of malformed) {
  test(`${what} is answered with ${rcode}`, () => {
    const answer = responder().answer(bytes, "udp");
    if (answer === undefined) throw new Error("Cannot read the answer: there is none");
    assert.is(decode(answer).rcode, rcode);
    assert.is(viewOf(answer).getUint16(0), 0xabcd);
    assert.is(viewOf(answer).getUint16(2) & 0x7800, viewOf(bytes).getUint16(2) & 0x7800);
  });
}

test("another version of EDNS is answered with BADVERS, and the one that is known", () => {
  const bytes = queryOf("web.service.grapevine", "A", { udpBytes: 1_232 });
  bytes[bytes.length - 5] = 1;
  const answer = responder().answer(bytes, "udp") as Uint8Array;
  const [options] = decode(answer).additionals ?? [];
  if (options?.type !== "OPT") throw new Error("Cannot read the options of the answer: there are none");
  assert.equal([options.extendedRcode, options.ednsVersion, answer[3]! & 15], [1, 0, 0]);
});

test("what is no query gets no answer, and is counted", () => {
  const server = responder();
  const query = queryOf("web.service.grapevine", "A");
  const answer = server.answer(query, "udp") as Uint8Array;
  for (const bytes of [answer, new Uint8Array(0), query.subarray(0, 11), concat([query, new Uint8Array(5_000)])]) {
    assert.is(server.answer(bytes, "udp"), undefined);
  }
  assert.equal(server.counters.silent, { short: 2, long: 1, response: 1 });
});

test.run();

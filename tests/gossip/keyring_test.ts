import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import { decodeBase64, encodeBase64 } from "../../src/gossip/base64.ts";
import { InvalidKeyError, Keyring, keysMax } from "../../src/gossip/mod.ts";

const key = (letter: string, length = 32): Uint8Array => new TextEncoder().encode(letter.repeat(length));
const lettersOf = (ring: Keyring): string => ring.keys.map((bytes) => String.fromCharCode(bytes[0] as number)).join("");

test("a rotation: install, use, remove", () => {
  const ring = new Keyring({ keys: [key("a")] });
  assert.is(ring.install(key("b", 16)), undefined);
  assert.is(lettersOf(ring), "ab");
  assert.is(ring.use(key("b", 16)), undefined);
  assert.is(lettersOf(ring), "ba");
  assert.is(ring.remove(key("a")), undefined);
  assert.equal(ring.primary, key("b", 16));
  assert.equal(ring.list(), {
    keys: [encodeBase64(key("b", 16))],
    primaryKey: encodeBase64(key("b", 16)),
    fault: undefined,
  });
});

const faults: [name: string, change: (ring: Keyring) => string | undefined, fault: string | undefined][] = [
  ["installing what is there", (ring) => ring.install(key("b")), undefined],
  ["removing what is not there", (ring) => ring.remove(key("x")), undefined],
  ["removing the primary", (ring) => ring.remove(key("a")), "Removing the primary key is not allowed"],
  ["using what is not there", (ring) => ring.use(key("x")), "Requested key is not in the keyring"],
  ["installing 20 bytes", (ring) => ring.install(key("x", 20)), "key size must be 16, 24 or 32 bytes"],
];

for (const [name, change, fault] of faults) {
  test(`${name} leaves the ring as it was: ${fault ?? "no fault"}`, () => {
    const ring = new Keyring({ keys: [key("a"), key("b")] });
    assert.is(change(ring), fault);
    assert.is(lettersOf(ring), "ab");
  });
}

test("without keys nothing can be changed or listed", () => {
  const ring = new Keyring({ keys: [] });
  for (const change of [ring.install, ring.use, ring.remove]) {
    assert.is(change.call(ring, key("a")), "No keyring to modify (encryption not enabled)");
  }
  assert.equal(ring.list(), { keys: [], primaryKey: "", fault: "Keyring is empty (encryption not enabled)" });
});

test("the ring is bounded", () => {
  const numbered = (number: number): Uint8Array => new Uint8Array(16).fill(number);
  const ring = new Keyring({ keys: Array.from({ length: keysMax }, (_, number) => numbered(number)) });
  assert.is(ring.install(numbered(99)), `Cannot install the key: the keyring has ${keysMax} keys, and no more fit`);
  assert.is(ring.install(numbered(3)), undefined);
  assert.throws(
    () => new Keyring({ keys: [...ring.keys, numbered(99)] }),
    (error: Error) => error instanceof InvalidKeyError && error.message.endsWith("it is one of 33, allowed are 32"),
  );
});

test("the listener hears each change and its fault is the answer", () => {
  const heard: number[] = [];
  let fault: string | undefined;
  const onChange = (keys: readonly Uint8Array[]): string | undefined => {
    heard.push(keys.length);
    return fault;
  };
  const ring = new Keyring({ keys: [key("a")], onChange });
  ring.install(key("b"));
  fault = "Cannot write the keyring file";
  assert.is(ring.use(key("b")), fault);
  assert.is(ring.remove(key("b")), "Removing the primary key is not allowed");
  assert.equal(heard, [2, 2]);
});

test("what a caller does to its bytes afterwards changes no key", () => {
  const bytes = key("a");
  const ring = new Keyring({ keys: [bytes] });
  bytes.fill(0);
  assert.equal(ring.primary, key("a"));
});

test("base64 of any length is that of the runtime, and only that is read", () => {
  const random = new Random("base64");
  for (let length = 0; length < 70; length++) {
    const bytes = random.bytes(length);
    const text = encodeBase64(bytes);
    assert.is(text, btoa(String.fromCharCode(...bytes)));
    assert.equal(decodeBase64(text), bytes);
    if (length === 0) continue;
    for (const wrong of [text.slice(1), `${text}=`, `=${text.slice(1)}`, text.replace(/.$/, "-"), ` ${text}`]) {
      assert.is(decodeBase64(wrong), undefined, wrong);
    }
  }
  assert.is(decodeBase64("YWF="), undefined, "bits beyond the last byte");
});

test.run();

import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random, toHex } from "../../src/base/mod.ts";
import { compressLzw, decompressLzw } from "../../src/gossip/lzw.ts";
import { bytesOf, vectorsOf } from "../vectors/serf_vectors.ts";

test("both directions equal Go's, byte for byte, on the captured streams", () => {
  const vectors = vectorsOf("codec").filter((vector) => vector.hex !== undefined);
  assert.is(vectors.length, 4);
  for (const vector of vectors) {
    const plain = bytesOf((vector.decoded as { plain_hex: string }).plain_hex);
    const compressed = bytesOf(vector.hex as string);
    assert.is(toHex(compressLzw(plain)), vector.hex, vector.name);
    assert.is(toHex(decompressLzw(compressed, plain.length) as Uint8Array), toHex(plain), vector.name);
  }
});

test("compressLzw() equals Go's over table resets and all widths", () => {
  const vector = vectorsOf("codec").find((entry) => entry.name.includes("hash_only"));
  const plain = new Uint8Array(20_000);
  let state = 0n;
  for (let at = 0; at < plain.length; at++) {
    state = (state * 1103515245n + 12345n) & 0x7fffffffn;
    plain[at] = Number((state >> 16n) & 255n);
  }
  const compressed = compressLzw(plain);
  assert.is(sha256(plain), vector?.["sha256_plain"]);
  assert.is(sha256(compressed), vector?.["sha256_compressed"]);
  assert.equal(decompressLzw(compressed, plain.length), plain);
});

test("decompressLzw() inverts compressLzw() on inputs of every texture", () => {
  const random = new Random("lzw");
  for (let round = 0; round < 60; round++) {
    const letters = random.between(1, 256);
    const plain = random.bytes(random.below(9_000)).map((byte) => byte % letters);
    assert.equal(decompressLzw(compressLzw(plain), plain.length), plain, `round ${round}, ${letters} letters`);
  }
});

test("decompressLzw() refuses what is larger than allowed, cut, or no stream", () => {
  const compressed = compressLzw(new Uint8Array(300).fill(97));
  assert.is(decompressLzw(compressed, 299), undefined);
  assert.is(decompressLzw(compressed.subarray(0, 10), 300), undefined);
  assert.is(decompressLzw(new Uint8Array(0), 300), undefined);
  assert.is(decompressLzw(Uint8Array.of(0xff, 0xff, 0xff), 300), undefined);
});

test("decompressLzw() reads the last code of a full table, which Go's encoder never writes and Go's decoder reads", () => {
  // Without a clear code the table fills up and stays as it is: its last entry is one like all others.
  const codes = Array.from({ length: 4_000 }, (_, index) => (index * 7) % 251);
  const pair = [codes[3_837] as number, codes[3_838] as number];
  const plain = decompressLzw(packed([...codes, 4_095, 4_095, 65]), 10_000);
  assert.equal(plain, Uint8Array.from([...codes, ...pair, ...pair, 65]));
});

/** Codes as an encoder writes them that never clears its table. */
function packed(codes: readonly number[]): Uint8Array {
  const bits: number[] = [];
  let [width, highest] = [9, 257];
  const write = (code: number) => {
    for (let bit = 0; bit < width; bit++) bits.push((code >> bit) & 1);
  };
  for (const code of codes) {
    write(code);
    highest++;
    if (highest >= 1 << width && width < 12) width++;
    else if (highest >= 4_096) highest--;
  }
  write(257);
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [at, bit] of bits.entries()) bytes[at >> 3] = (bytes[at >> 3] as number) | (bit << (at & 7));
  return bytes;
}

test("decompressLzw() returns on any bytes", () => {
  const random = new Random("lzw-fuzz");
  for (let round = 0; round < 2_000; round++) decompressLzw(random.bytes(random.below(200)), 5_000);
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

test.run();

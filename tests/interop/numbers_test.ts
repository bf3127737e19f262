// runtimes: node (it reads the tests and runs none of them)
// topics: discovery
/** Every interop test exists, and once. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { interopTitles } from "./numbered.ts";

test("the numbers 1 to 36 have a title each, and a test each", () => {
  const numbers = Array.from({ length: 36 }, (_, index) => index + 1);
  assert.equal(Object.keys(interopTitles).map(Number), numbers);
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith("_test.ts"));
  const places = files.flatMap((file) => {
    const text = readFileSync(path.join(import.meta.dirname, file), "utf8");
    return [...text.matchAll(/^interop\((\d+),/gm)].map((match) => ({ file, number: Number(match[1]) }));
  });
  for (const number of numbers) {
    const found = places.filter((place) => place.number === number).map(({ file }) => file);
    assert.is(found.length, 1, `interop ${number} is tested in ${found.join(", ") || "no file"}`);
  }
  assert.is(places.length, numbers.length);
});

test.run();

// runtimes: bun (nothing of the page depends on what runs its tests)
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

/** What WCAG asks of text, level AA. */
const contrastLeast = 4.5;

const sheet = readFileSync(path.resolve(import.meta.dirname, "../../web/styles/palette.css"), "utf8");
const palettes = [...sheet.matchAll(/\{([^{}]*--ground:[^{}]*)\}/g)].map(([, block = ""]) => {
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name as string, colour as string]),
  );
});
const [light, darkBySystem, darkByChoice] = palettes as [Map<string, string>, Map<string, string>, Map<string, string>];

/** Texts, and the grounds that they stand on somewhere. */
const pairs: readonly (readonly [texts: readonly string[], grounds: readonly string[]])[] = [
  [
    ["text", "quiet", "accent"],
    ["ground", "sheet", "sunken", "accent-soft"],
  ],
  [
    ["good", "odd", "bad"],
    ["ground", "sheet", "sunken", "accent-soft"],
  ],
  [
    ["json-name", "json-string", "json-number", "json-literal"],
    ["sheet", "sunken", "accent-soft"],
  ],
  [["good", "text"], ["good-soft"]],
  [["odd", "text", "accent"], ["odd-soft"]],
  [["bad", "text"], ["bad-soft"]],
  [["on-accent"], ["accent"]],
  [["on-mark"], ["mark"]],
];

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(left: string, right: string): number {
  const [dark = 0, bright = 0] = [luminance(left), luminance(right)].sort((one, other) => one - other);
  return (bright + 0.05) / (dark + 0.05);
}

for (const [name, palette] of [
  ["light", light],
  ["dark", darkBySystem],
] as const) {
  test(`text can be read on everything that it stands on, ${name}`, () => {
    for (const [texts, grounds] of pairs) {
      for (const text of texts) {
        for (const ground of grounds) {
          const found = contrast(palette.get(text) ?? "", palette.get(ground) ?? "");
          assert.ok(found >= contrastLeast, `--${text} on --${ground}: ${found.toFixed(2)}`);
        }
      }
    }
  });
}

test("dark is the same whether the system or the switch asks for it", () => {
  assert.equal([...darkByChoice], [...darkBySystem]);
  assert.equal([...darkByChoice.keys()], [...light.keys()]);
});

test.run();

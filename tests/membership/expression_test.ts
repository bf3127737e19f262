import { test } from "uvu";
import * as assert from "uvu/assert";
import { Random } from "../../src/base/mod.ts";
import { Expression } from "../../src/membership/expression.ts";

const rows: [expression: string, text: string, found: boolean][] = [
  ["", "", true],
  ["web", "a web server", true],
  ["^web$", "a web server", false],
  ["^web$", "web", true],
  ["^(web|db)-\\d+$", "db-17", true],
  ["^(web|db)-\\d+$", "db-", false],
  ["a|", "zzz", true],
  [".*", "", true],
  ["^.$", "\n", false],
  ["^.$", "ü", true],
  ["^.$", "𝄞", true],
  ["^[a-c]+?$", "abcabc", true],
  ["[^a-c]", "abc", false],
  ["^[]-]+$", "]-", true],
  ["^[\\w.-]+$", "a_1.b-C", true],
  ["^[[:alpha:]]+$", "abC", true],
  ["^[[:^digit:]]+$", "a1", false],
  ["^a{2,3}$", "aa", true],
  ["^a{2,3}$", "aaaa", false],
  ["^a{2}$", "aaa", false],
  ["^a{2,}$", "aaaaa", true],
  ["^a{,2}$", "a{,2}", true],
  ["^(a*)*$", "aaab", false],
  ["^(a?){50}$", "a".repeat(50), true],
  ["^(?:ab)+$", "ababab", true],
  ["^(?P<n>x)(?<m>y)$", "xy", true],
  ["\\bweb\\b", "the web!", true],
  ["\\bweb\\b", "cobweb", false],
  ["\\Aweb\\z", "web", true],
  ["^\\x41\\x{1F600}$", "A😀", true],
  ["^a\\.b$", "acb", false],
  ["^\\t\\n$", "\t\n", true],
  ["^\\S+\\s\\S+$", "a b", true],
];

for (const [expression, text, found] of rows) {
  test(`${JSON.stringify(expression)} is ${found ? "" : "not "}found in ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.is(Expression.parse(expression)?.isFoundIn(text), found);
  });
}

const refused = [
  "(",
  ")",
  "a)",
  "[",
  "[a",
  "[b-a]",
  "[\\d-z]",
  "*a",
  "a**",
  "a{2}{3}",
  "a{3,2}",
  "a{1001}",
  "\\",
].concat(
  ["(?i)a", "(?=a)", "(?<!a)", "\\1", "\\pL", "\\Qa\\E", "\\x{110000}", "[[:nope:]]", "x".repeat(1_025)],
  ["(".repeat(200) + ")".repeat(200), "((a{100}){100}){100}"],
);

for (const expression of refused) {
  test(`${JSON.stringify(expression.slice(0, 30))} is not supported`, () => {
    assert.is(Expression.parse(expression), undefined);
  });
}

test("expressions that make others take for ever take no time", () => {
  const text = "a".repeat(512);
  for (const expression of ["^(a+)+$b", "(a|a)*b", "(.*)*b", "(a?){400}a{400}b", "^(([a-z])+.)+[A-Z]([a-z])+$"]) {
    const startMs = performance.now();
    assert.is(Expression.parse(expression)?.isFoundIn(text), false);
    assert.ok(performance.now() - startMs < 2_000, expression);
  }
});

test("isFoundIn() says what the runtime's own expressions say", () => {
  const random = new Random("expressions");
  const pieces = ["a", "b", ".", "[ab]", "[^a]", "(a|b)", "(ab)", "\\w", "^", "$", "*", "+", "?", "{1,2}", "|", "\\b"];
  let compared = 0;
  for (let round = 0; round < 5_000; round++) {
    const source = Array.from({ length: random.between(1, 6) }, () => random.pick(pieces)).join("");
    const expression = Expression.parse(source);
    let own: RegExp;
    try {
      own = new RegExp(source, "u");
    } catch {
      continue;
    }
    if (expression === undefined) continue;
    const text = Array.from({ length: random.below(6) }, () => random.pick(["a", "b", "c"])).join("");
    assert.is(expression.isFoundIn(text), own.test(text), `${source} in ${text}`);
    compared++;
  }
  assert.ok(compared > 1_000, `${compared} compared`);
});

test.run();

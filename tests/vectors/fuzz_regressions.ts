/** Inputs that once did harm, and some that were made to. Each is given to every decoder. */
export const fuzzRegressions: readonly { readonly what: string; readonly hex: string }[] = [
  { what: "an array of four thousand million", hex: "ddffffffff9090" },
  { what: "a map of as many within a message", hex: "04dfffffffffa1418090" },
  { what: "bytes that are not there", hex: "04 81 a4 4e6f6465 dbffffffff 61".replaceAll(" ", "") },
  { what: "twenty containers within one another", hex: "91".repeat(20) },
  { what: "empty arrays, one a byte", hex: `dd00010000${"90".repeat(5_000)}` },
  { what: "empty maps as a stream's header", hex: `06df00010000${"a080".repeat(2_000)}` },
  { what: "a compound of nothing but empty parts", hex: `07ff${"0000".repeat(255)}` },
  { what: "compounds within compounds", hex: `${"07010004".repeat(30)}0b81` },
  { what: "a Lamport time beyond 64-bit counting", hex: "01 82 a5 4c54696d65 cfffffffffffffffff a4 4e6f6465 a161".replaceAll(" ", "") },
  { what: "a negative Lamport time", hex: "01 82 a5 4c54696d65 d3ffffffffffffffff a4 4e6f6465 a161".replaceAll(" ", "") },
  { what: "a not-a-number for a Lamport time", hex: "01 82 a5 4c54696d65 cb7ff8000000000000 a4 4e6f6465 a161".replaceAll(" ", "") },
  { what: "an LZW stream that refers to itself from the start", hex: "0982a4416c676f00a34275 66a400030400".replaceAll(" ", "") },
  { what: "an encrypted frame of no length", hex: "0a00000000" },
  { what: "a label of no length", hex: "f400" },
];

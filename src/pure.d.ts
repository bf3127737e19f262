// The only names beyond the language itself that the pure rooms use. Every runtime and browser has them; the
// `esnext` library does not declare them.
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(bytes: Uint8Array): string;
}
declare const URL: {
  canParse(text: string): boolean;
};

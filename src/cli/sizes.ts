import { InvalidArgumentError } from "commander";

const units: Readonly<Record<string, number>> = {
  ...{ "": 1, B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 },
  ...{ KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 },
};

/** Bytes of a text as `500MB`, `1.5GiB` or `65536`. */
export function sizeOf(value: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(value) ?? [];
  const bytes = Math.round(Number(count) * (units[unit ?? ""] ?? Number.NaN));
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError("Allowed is a size as 65536, 500MB or 1.5GiB.");
}

import { headersBytes, readRecords, scanFrame } from "../../src/base/mod.ts";
import type { StubServer } from "./stub_server.ts";

/** What tests look at in an error, whichever class it has. */
export interface ClientError extends Error {
  readonly code: string;
  readonly fate?: string;
}

/** The texts of all records that a stub holds, in its order. */
export function recordsOf(server: StubServer): string[] {
  const texts: string[] = [];
  for (const { bytes } of server.frames) {
    const scan = scanFrame(bytes, 0);
    if (scan.type === "frame")
      readRecords(bytes.subarray(headersBytes), scan.header, (record) => texts.push(record.text()));
  }
  return texts;
}

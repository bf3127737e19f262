/** Runs `scripts/faults.ts` for tests. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const script = fileURLToPath(new URL("../../scripts/faults.ts", import.meta.url));
const runMsMax = 3_600_000;

export interface FaultsOutcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command with these words to its end. */
export function faults(...words: readonly string[]): Promise<FaultsOutcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...words], { timeout: runMsMax }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

/** A test that all is well under these faults. */
export function testFaults(name: string, ...words: readonly string[]): void {
  test(`faults ${name}: nothing acknowledged is lost, nothing repeated, nothing out of order`, async () => {
    const { status, stdout, stderr } = await faults(name, ...words);
    assert.is(status, 0, `${stdout}${stderr}`);
    assert.match(stdout, /; [1-9]\d* records acknowledged, .*; 0 lost, 0 repeated, 0 out of order, 0 of \d+ causes /);
    console.log(`\nreport: ${stdout.trim()}`);
  });
}

// runtimes: bun (the command runs on it; the other tests of this folder kill nodes on every runtime)
// timeout: 7200
// needs: namespaces iproute2 nftables
// alone
// long
/** `npm run faults` at full length. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { faults, testFaults } from "./faults.ts";

for (const name of ["kills", "blackouts", "stops", "wipes", "hops", "partition", "one-way", "loss"]) testFaults(name);

for (const name of ["rush", "services"]) {
  test(`faults ${name}`, async () => {
    const { status, stdout, stderr } = await faults(name);
    assert.is(status, 0, `${stdout}${stderr}`);
    console.log(`\nreport: ${stdout.trim()}`);
  });
}

test.run();

// runtimes: bun (the command runs on it; the other tests of this folder kill nodes on every runtime)
// timeout: 7200
// needs: namespaces iproute2 nftables
// alone
// long
/** `npm run faults` at full length. */
import { test } from "uvu";
import { testFaults } from "./faults.ts";

for (const name of ["kills", "blackouts", "stops", "wipes", "hops", "partition", "one-way", "loss"]) testFaults(name);

test.run();

// runtimes: bun (the command runs on it; the other tests of this folder kill nodes on every runtime)
// timeout: 600
// needs: namespaces iproute2 nftables
// slow
/** A little of what `npm run faults` does; `faults_long_test.ts` does all. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { faults, testFaults } from "./faults.ts";

const lightLoad = ["--rate", "30"];

testFaults("kills", "--rounds", "1", ...lightLoad);
testFaults("wipes", "--rounds", "1", ...lightLoad);
testFaults("hops", "--rounds", "6", ...lightLoad);
testFaults("partition", "--rounds", "1", "--seconds", "2", ...lightLoad);
testFaults("loss", "--rounds", "1", "--seconds", "2", ...lightLoad);

test("what makes no sense is refused, with the usage", async () => {
  for (const words of [
    ["burn"],
    ["kills", "--rounds", "0"],
    ["loss", "--profile", "wan"],
    ["rush", "--rounds", "1"],
    ["services", "--replicated", "2"],
    ["--foo"],
    ["kills", "now"],
  ]) {
    const { status, stderr } = await faults(...words);
    assert.is(status, 2, words.join(" "));
    assert.match(stderr, /Usage: faults/);
  }
});

test.run();

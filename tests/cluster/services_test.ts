// runtimes: bun (the command runs on it; other tests of services run on every runtime)
// timeout: 120
// slow
/** `npm run faults -- services`, briefly: services of real processes die, hang, are overloaded, and lose their nodes. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { faults } from "./faults.ts";

test("faults services: calls go on while instances and nodes fall sick, die and leave", async () => {
  const { status, stdout, stderr } = await faults("services", "--seconds", "4", "--rate", "100", "--profile", "local");
  assert.is(status, 0, `${stdout}${stderr}`);
  assert.match(
    stdout,
    /^services, seed \d+: \d{3,} calls, \d+ failed, [01]\.\d+ % beyond those on their way at a kill; /,
  );
  assert.match(stdout, /greeter-1 is killed: .*; greeter-2 hangs: .*; node c killed: .*; node a left: /);
  console.log(`\nreport: ${stdout.trim()}`);
});

test.run();

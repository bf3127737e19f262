// runtimes: bun (nothing here depends on the runtime)
import { test } from "uvu";
import * as assert from "uvu/assert";
import { explain } from "../../src/cli/failure.ts";
import { ClientError } from "../../src/client/mod.ts";

test("whether a node runs is asked only where none answered", () => {
  const server = "http://127.0.0.1:8400";
  const silent = new ClientError("UNAVAILABLE", `Cannot list topics: nobody answers at ${server} (refused)`, {
    server,
  });
  assert.match(explain(silent).message ?? "", /^.*\nIs a node running there\?/);
  const answered = new ClientError("UNAVAILABLE", "Cannot consume yet: the cursor is of generation 7", { server });
  assert.is(explain(answered).message, answered.message);
});

test("what is gone is answered with the cursor behind it", () => {
  const gone = new ClientError("OUT_OF_RANGE", "Cannot consume without a gap", { lowestAvailable: "c1.abc" });
  assert.equal(explain(gone), {
    message: "Cannot consume without a gap\nWhat comes behind that is at --from c1.abc",
    exitCode: 1,
  });
});

test.run();

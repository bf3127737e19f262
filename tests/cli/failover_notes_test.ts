// runtimes: bun (nothing here depends on the runtime)
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FailoverNotes } from "../../src/cli/failover_notes.ts";
import { ClientError } from "../../src/client/mod.ts";

test("what fails again and again is told once, and again after records came", () => {
  const told: string[] = [];
  const notes = new FailoverNotes((note) => told.push(note));
  const error = new ClientError("UNAVAILABLE", "Cannot consume yet");
  const round = [
    { error, server: "http://127.0.0.1:8401" },
    { error, server: "http://127.0.0.1:8400" },
  ];
  for (let count = 0; count < 3; count++) for (const failover of round) notes.tell(failover);
  const both = round.map(({ server }) => `Cannot consume yet; going on at ${server}`);
  assert.equal(told, both);
  notes.forget();
  for (const failover of round) notes.tell(failover);
  assert.equal(told, [...both, ...both]);
});

test.run();

// runtimes: bun (nothing here depends on the runtime)
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FailoverNotes, notesMax } from "../../src/cli/failover_notes.ts";
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

test("notes are forgotten when they are too many, so that a reading that goes on for weeks keeps few", () => {
  let told = 0;
  const notes = new FailoverNotes(() => told++);
  const tell = (number: number): void => {
    const error = new ClientError("UNAVAILABLE", `Cannot consume for the reason ${number}`);
    notes.tell({ error, server: "http://127.0.0.1:8400" });
  };
  for (let number = 0; number <= notesMax; number++) tell(number);
  tell(notesMax);
  assert.is(told, notesMax + 1);
  tell(0);
  assert.is(told, notesMax + 2);
});

test.run();

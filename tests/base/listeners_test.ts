import { test } from "uvu";
import * as assert from "uvu/assert";
import { AssertionError, Listeners, assert as promise } from "../../src/base/mod.ts";

function silent(error: unknown): void {
  throw error;
}

test("Listeners.emit() tells every listener, in the order they came", () => {
  const listeners = new Listeners<number>(silent);
  const heard: string[] = [];
  listeners.add((event) => heard.push(`a${event}`));
  listeners.add((event) => heard.push(`b${event}`));
  listeners.emit(1);
  listeners.emit(2);
  assert.equal(heard, ["a1", "b1", "a2", "b2"]);
});

test("Listeners.add() counts one function added twice as two, each removed by its own result", () => {
  const listeners = new Listeners<number>(silent);
  let heard = 0;
  const listener = () => heard++;
  const removeFirst = listeners.add(listener);
  listeners.add(listener);
  listeners.emit(1);
  assert.is(heard, 2);
  removeFirst();
  removeFirst();
  listeners.emit(1);
  assert.is(heard, 3);
});

test("Listeners.emit() goes on after a listener that throws, and hands over what it threw", () => {
  const errors: unknown[] = [];
  const listeners = new Listeners<string>((error) => errors.push(error));
  const failure = new Error("no");
  const heard: string[] = [];
  listeners.add(() => {
    throw failure;
  });
  listeners.add((event) => heard.push(event));
  listeners.emit("x");
  assert.equal(heard, ["x"]);
  assert.equal(errors, [failure]);
});

test("Listeners.emit() does not tell a listener that was added while it ran", () => {
  const listeners = new Listeners<number>(silent);
  let late = 0;
  listeners.add(() => listeners.add(() => late++));
  listeners.emit(1);
  assert.is(late, 0);
  listeners.emit(2);
  assert.is(late, 1);
});

test("assert() throws an AssertionError that names the promise", () => {
  promise(true, "never seen");
  assert.throws(
    () => promise(false, "offsets rise"),
    (error: unknown) => error instanceof AssertionError && error.message === "Broken promise: offsets rise",
  );
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { DisposalStack } from "../../src/base/mod.ts";

test("DisposalStack releases in reverse order and waits for each", async () => {
  const stack = new DisposalStack();
  const steps: string[] = [];
  const first = {
    async [Symbol.asyncDispose]() {
      steps.push("first begins");
      await Promise.resolve();
      steps.push("first ends");
    },
  };
  assert.is(stack.use(first), first);
  stack.defer(async () => {
    await Promise.resolve();
    steps.push("second");
  });
  stack.defer(() => steps.push("third"));
  await stack[Symbol.asyncDispose]();
  assert.equal(steps, ["third", "second", "first begins", "first ends"]);
});

test("DisposalStack releases once, however often it is disposed", async () => {
  const stack = new DisposalStack();
  let releases = 0;
  stack.defer(() => releases++);
  await Promise.all([stack[Symbol.asyncDispose](), stack[Symbol.asyncDispose]()]);
  await stack[Symbol.asyncDispose]();
  assert.is(releases, 1);
});

test("DisposalStack runs every step and rejects with the one error there was", async () => {
  const stack = new DisposalStack();
  const failure = new Error("one");
  let released = false;
  stack.defer(() => {
    released = true;
  });
  stack.defer(() => Promise.reject(failure));
  const error = await rejection(stack[Symbol.asyncDispose]());
  assert.is(error, failure);
  assert.is(released, true);
});

test("DisposalStack rejects with all errors when there were several", async () => {
  const stack = new DisposalStack();
  stack.defer(() => Promise.reject(new Error("late")));
  stack.defer(() => {
    throw new Error("early");
  });
  const error = await rejection(stack[Symbol.asyncDispose]());
  assert.instance(error, AggregateError);
  assert.equal(
    (error as AggregateError).errors.map((each: Error) => each.message),
    ["early", "late"],
  );
});

async function rejection(promise: Promise<void>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was rejected");
}

test.run();

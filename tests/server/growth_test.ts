import { test } from "uvu";
import * as assert from "uvu/assert";
import { FrameBuilder, Listeners } from "../../src/base/mod.ts";
import { onTopicGrow } from "../../src/server/growth.ts";
import { fakePorts, type MemoryTopic } from "./fakes.ts";

function grow(topic: MemoryTopic): void {
  const builder = new FrameBuilder();
  builder.add({ value: "x" }, 1);
  topic.appendAs("00000000000000a1", builder.finish());
}

test("onTopicGrow() wakes those alone whose topic grew, also where it was not there before", () => {
  const { log } = fakePorts();
  const heard: string[] = [];
  for (const name of ["a", "b", "b"]) onTopicGrow(log, name, () => heard.push(name));
  grow(log.open("b"));
  grow(log.open("c"));
  assert.equal(heard, ["b", "b"]);
  grow(log.open("a"));
  assert.equal(heard, ["b", "b", "a"]);
});

test("onTopicGrow() listens to the log once for all, and not at all when nobody is left", () => {
  const { log } = fakePorts();
  const heard: string[] = [];
  const stops = ["a", "b", "b"].map((name, index) => onTopicGrow(log, name, () => heard.push(`${name}${index}`)));
  assert.is(log.listening, 1);
  stops[1]?.();
  grow(log.open("b"));
  assert.equal(heard, ["b2"]);
  for (const stop of stops) stop();
  assert.is(log.listening, 0);
  grow(log.open("b"));
  assert.equal(heard, ["b2"]);
  onTopicGrow(log, "b", () => heard.push("again"));
  grow(log.open("b"));
  assert.equal(heard, ["b2", "again"]);
});

test("onTopicGrow() wakes those whose topic was deleted without ever having been here", () => {
  const lives = new Listeners<{ readonly topic: string }>(() => {});
  const log = Object.assign(fakePorts().log, { onLife: (heard: Parameters<typeof lives.add>[0]) => lives.add(heard) });
  const heard: string[] = [];
  const stops = ["a", "b"].map((name) => onTopicGrow(log, name, () => heard.push(name)));
  lives.emit({ topic: "b" });
  assert.equal(heard, ["b"]);
  for (const stop of stops) stop();
  lives.emit({ topic: "b" });
  assert.equal(heard, ["b"]);
});

test.run();

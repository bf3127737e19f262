import { test } from "uvu";
import * as assert from "uvu/assert";
import { GrownTopics } from "../../src/agent/grown_topics.ts";
import type { TopicLog } from "../../src/log/mod.ts";
import { TopicDeletedError } from "../../src/log/mod.ts";

function topicNamed(name: string): {
  -readonly [Field in "name" | "generation" | "have" | "deleted"]: TopicLog[Field];
} {
  return { name, generation: 1, have: new Map(), deleted: undefined };
}

function told(...topics: TopicLog[]): { readonly grown: GrownTopics; readonly heard: string[] } {
  const heard: string[] = [];
  const hearer = (who: string) => ({
    push: (input: { readonly type: string }) => {
      const { topic, have } = input as { readonly topic?: string; readonly have?: ReadonlyMap<string, number> };
      heard.push([who, input.type, topic, ...(have === undefined ? [] : [have.get("a") ?? 0])].join(" "));
    },
  });
  const log = { topics: () => topics };
  return { grown: new GrownTopics(log, hearer("replicator"), hearer("announcer")), heard };
}

function asLog(topic: ReturnType<typeof topicNamed>): TopicLog {
  const vectors = { served: topic.have, durable: topic.have, lowWater: new Map(), stoppedFeeds: new Map() };
  return Object.assign(topic, vectors) as unknown as TopicLog;
}

test("what is held is told once, and as it is then, when somebody is followed", () => {
  const orders = topicNamed("orders");
  const { grown, heard } = told(asLog(orders));
  grown.grew(asLog(orders));
  orders.have = new Map([["a", 3]]);
  grown.grew(asLog(orders));
  assert.equal(heard, []);
  grown.follow();
  assert.equal(heard, ["replicator grew orders 3", "announcer grew orders"]);
  grown.follow();
  assert.is(heard.length, 2);
});

test("growth is told at once from then on", () => {
  const { grown, heard } = told();
  grown.follow();
  const orders = asLog(topicNamed("orders"));
  grown.grew(orders);
  assert.equal(heard, ["replicator grew orders 0", "announcer grew orders"]);
  grown.tell(orders);
  assert.is(heard.length, 2);
});

test("whoever asks what this node holds of a topic has it told", () => {
  const { grown, heard } = told();
  const orders = asLog(topicNamed("orders"));
  grown.grew(orders);
  grown.tell(orders);
  assert.equal(heard, ["replicator grew orders 0", "announcer grew orders"]);
});

test("the end of a topic is told at once", () => {
  const { grown, heard } = told();
  const orders = topicNamed("orders");
  orders.deleted = new TopicDeletedError("orders", 1);
  grown.grew(asLog(orders));
  assert.equal(heard, ["announcer ended orders"]);
});

test.run();

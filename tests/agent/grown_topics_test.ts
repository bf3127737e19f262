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

function told(): { readonly grown: GrownTopics; readonly heard: string[] } {
  const heard: string[] = [];
  const hearer = (who: string) => ({
    push: (input: { readonly type: string }) => {
      const { topic, have } = input as { readonly topic?: string; readonly have?: ReadonlyMap<string, number> };
      heard.push([who, input.type, topic, ...(have === undefined ? [] : [have.get("a") ?? 0])].join(" "));
    },
  });
  return { grown: new GrownTopics({ replicator: hearer("replicator"), announcer: hearer("announcer") }), heard };
}

function asLog(topic: ReturnType<typeof topicNamed>): TopicLog {
  const vectors = { served: topic.have, durable: topic.have, lowWater: new Map(), stoppedFeeds: new Map() };
  return Object.assign(topic, vectors) as unknown as TopicLog;
}

test("growth is told once, and as it is then, when somebody is followed", () => {
  const { grown, heard } = told();
  const orders = topicNamed("orders");
  grown.add(asLog(orders));
  orders.have = new Map([["a", 3]]);
  grown.add(asLog(orders));
  assert.equal(heard, []);
  grown.follow();
  assert.equal(heard, ["replicator grew orders 3", "announcer grew orders"]);
  grown.follow();
  assert.is(heard.length, 2);
});

test("growth is told at once from then on", () => {
  const { grown, heard } = told();
  grown.follow();
  grown.add(asLog(topicNamed("orders")));
  assert.equal(heard, ["replicator grew orders 0", "announcer grew orders"]);
});

test("whoever asks what this node holds has it told, and what follows is remembered again", () => {
  const { grown, heard } = told();
  const topic = asLog(topicNamed("orders"));
  grown.add(topic);
  grown.tell();
  grown.add(topic);
  assert.is(heard.length, 2);
  grown.tell();
  assert.is(heard.length, 4);
});

test("the end of a topic is told at once, and its growth no more", () => {
  const { grown, heard } = told();
  const orders = topicNamed("orders");
  grown.add(asLog(orders));
  orders.deleted = new TopicDeletedError("orders", 1);
  grown.add(asLog(orders));
  grown.follow();
  assert.equal(heard, ["announcer ended orders"]);
});

test.run();

import { type FrameHeader, scanFrame } from "../base/mod.ts";
import type { CommitLog, TopicLog } from "../log/mod.ts";

/** The target with some members replaced; methods of the rest keep their own `this`. */
export function withOverrides<Target extends object>(target: Target, overrides: Partial<Target>): Target {
  return new Proxy(target, {
    get(_, key) {
      if (key in overrides) return overrides[key as keyof Target];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A log each of whose topics is changed. */
export function withTopics(log: CommitLog, change: (topic: TopicLog) => Partial<TopicLog>): CommitLog {
  // By what they are, not by their names: a topic that is created again is another one.
  const changed = new WeakMap<TopicLog, TopicLog>();
  const of = (topic: TopicLog): TopicLog => {
    const known = changed.get(topic) ?? withOverrides(topic, change(topic));
    changed.set(topic, known);
    return known;
  };
  return withOverrides(log, {
    topics: () => log.topics().map(of),
    topic: (name) => {
      const topic = log.topic(name);
      return topic && of(topic);
    },
    openTopic: async (name) => of(await log.openTopic(name)),
    onGrow: (listener) => log.onGrow((topic) => listener(of(topic))),
  });
}

/** The whole frames of some bytes, each with its header. */
export function framesIn(frames: Uint8Array): { readonly header: FrameHeader; readonly bytes: Uint8Array }[] {
  const found: { readonly header: FrameHeader; readonly bytes: Uint8Array }[] = [];
  for (let at = 0; at < frames.length; ) {
    const scan = scanFrame(frames, at);
    if (scan.type !== "frame") break;
    const end = at + scan.header.frameBytes;
    found.push({ header: scan.header, bytes: frames.slice(at, end) });
    at = end;
  }
  return found;
}

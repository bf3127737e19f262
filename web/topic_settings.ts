/** What holds for a topic, in words. Pure. */
import type { TopicDescription } from "../src/client/browser.ts";
import { counted, durationText, sizeText } from "./formats.ts";

export function settingsOf(topic: TopicDescription): readonly (readonly [term: string, text: string])[] {
  const { compact, tombstoneGraceMs = 0, placement, placed } = topic;
  const kept = `latest of each key, tombstones for ${durationText(tombstoneGraceMs)}`;
  return [
    ["Retention", retentionText(topic)],
    ...(compact === true ? [["Compaction", kept] as const] : []),
    ...(placement === undefined ? [] : [["Placement", placementText(placement)] as const]),
    ...(placed === undefined ? [] : [["Placed at", placed.length === 0 ? "no node fits" : placed.join(", ")] as const]),
    ...(topic.generation > 1 ? [["Generation", String(topic.generation)] as const] : []),
  ];
}

function retentionText({ retention }: TopicDescription): string {
  if (retention === undefined) return "as each node is set up";
  const { ageMaxMs, bytesMin, segmentsMax, keepUntilReplicas, bytesMax } = retention;
  const limits = [
    ...(ageMaxMs === undefined ? [] : [`older than ${durationText(ageMaxMs)}`]),
    ...(bytesMin === undefined ? [] : [`beyond ${sizeText(bytesMin)}`]),
    ...(segmentsMax === undefined ? [] : [`beyond ${counted(segmentsMax, "segment")}`]),
    ...(bytesMax === undefined ? [] : [`at the latest beyond ${sizeText(bytesMax)}`]),
  ];
  if (limits.length === 0) return "nothing goes";
  const held = keepUntilReplicas === undefined ? "" : `, once ${counted(keepUntilReplicas, "node")} hold it`;
  return `goes ${limits.join(" or ")}${held}`;
}

function placementText({ copies, tags = {} }: NonNullable<TopicDescription["placement"]>): string {
  const nodes = copies === undefined ? "all nodes" : counted(copies, "node");
  const conditions = Object.entries(tags).map(([tag, expression]) => `${tag} is ${expression}`);
  return conditions.length === 0 ? nodes : `${nodes} whose ${conditions.join(" and whose ")}`;
}

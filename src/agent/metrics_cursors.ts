/** Named cursors and groups, as a node keeps them. */
import type { Registry } from "prom-client";
import { readCounter, readGauge } from "./metric_kinds.ts";

export interface MeasuredCursors {
  readonly cursors: { readonly size: number; readonly counters: { readonly written: number; readonly asked: number } };
  readonly groups: { counts(): { readonly groups: number; readonly members: number; readonly slots: number } };
}

export function registerCursors(registry: Registry, { cursors, groups }: MeasuredCursors): void {
  const cursorsHelp = "Named cursors known, those of groups' slots and deleted ones included";
  readGauge(registry, { name: "grapevine_cursors", help: cursorsHelp }, () => cursors.size);
  const asked = "Changes of named cursors that this node was asked for";
  readCounter(registry, { name: "grapevine_cursor_changes_total", help: asked }, () => cursors.counters.asked);
  const written =
    "Records that this node wrote for them: changes of one moment share one, those that add nothing have none";
  readCounter(registry, { name: "grapevine_cursor_records_total", help: written }, () => cursors.counters.written);
  const homes = "Groups that this node is the home of";
  readGauge(registry, { name: "grapevine_groups", help: homes }, () => groups.counts().groups);
  const members = "Members of those groups that live";
  readGauge(registry, { name: "grapevine_group_members", help: members }, () => groups.counts().members);
  const slots = "Slots of those groups that a member has";
  readGauge(registry, { name: "grapevine_group_slots", help: slots }, () => groups.counts().slots);
}

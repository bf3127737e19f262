/** What members of groups ask: checked, saved, answered by the group's home. */
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { cursorNameFault, encodeCursor } from "../base/mod.ts";
import {
  type SlotCursor,
  SlotCursorSchema,
  type WorkInGroupRequest,
  type WorkInGroupResponse,
  WorkInGroupResponseSchema,
} from "../gen/log/v1/log_pb.ts";
import { cursorTopic, keptCursors, placeOf, vectorOf } from "./cursors.ts";
import { invalidArgument } from "./errors.ts";
import type { GroupAnswer } from "./group.ts";
import { groupLeaseMs, groupMembersMax, groupSlots } from "./groups.ts";
import type { ServedGroups, ServedTopic, ServerPorts } from "./ports.ts";
import { topicNameOf } from "./topics.ts";

export async function workInGroup(
  ports: ServerPorts,
  request: WorkInGroupRequest,
  context: Pick<HandlerContext, "signal">,
): Promise<WorkInGroupResponse> {
  const { groups } = ports;
  if (groups === undefined) throw new ConnectError("Cannot work in group: this node keeps none", Code.Unimplemented);
  checkNames(request);
  checkSlots(request);
  const key = `${topicNameOf(request)}/${request.group}`;
  const first = groups.homeOf(key);
  if (first.address !== undefined) return handOn(groups, { ...first, address: first.address }, { request, context });
  const topic = cursorTopic(ports, request);
  await save(ports, groups, { key, topic, request });
  const home = groups.homeOf(key);
  // It moved meanwhile: two homes would each give slots away, this one also when it is the home again.
  if (home.address !== undefined) return handOn(groups, { ...home, address: home.address }, { request, context });
  const { member, session, call, slots, releases, leave } = request;
  const asked = { member, session: String(session), call: Number(call), slots, releases, leave };
  const answer = groups.work(key, asked);
  if (answer.type !== "working") throw refused(request, answer);
  return create(WorkInGroupResponseSchema, {
    ...{ slots: [...answer.slots], giveUp: [...answer.giveUp], leaseMs: groupLeaseMs, slotCount: groupSlots },
    ...{ generation: topic.generation, members: groups.membersOf(key), home: home.name },
    cursors: await cursorsOf(ports, topic, { request, answer }),
  });
}

async function handOn(
  groups: ServedGroups,
  home: { readonly name: string; readonly address: string },
  { request, context }: { readonly request: WorkInGroupRequest; readonly context: Pick<HandlerContext, "signal"> },
): Promise<WorkInGroupResponse> {
  if (!request.handedOn) {
    try {
      return await groups.handOn(home.address, { ...request, handedOn: true }, context.signal);
    } catch (error) {
      throw unanswered(request, home.name, ConnectError.from(error));
    }
  }
  // Two nodes that see different members: they will agree soon.
  const message = `Cannot work in group ${JSON.stringify(request.group)} yet: its home is ${home.name}, as this node sees it`;
  throw new ConnectError(message, Code.Unavailable);
}

/** What the home says is the answer; when it says nothing, the members will soon have another home. */
function unanswered({ group }: WorkInGroupRequest, home: string, error: ConnectError): ConnectError {
  const isDown = [Code.Unavailable, Code.DeadlineExceeded, Code.Canceled, Code.Unknown, Code.Internal].includes(
    error.code,
  );
  if (!isDown || error.rawMessage.startsWith("Cannot ")) return error;
  const message = `Cannot work in group ${JSON.stringify(group)} yet: its home ${home} does not answer`;
  return new ConnectError(message, Code.Unavailable);
}

/** What was done before slots go to others is kept first. What somebody else owns now is that one's to say. */
async function save(
  ports: ServerPorts,
  groups: ServedGroups,
  { key, topic, request }: { readonly key: string; readonly topic: ServedTopic; readonly request: WorkInGroupRequest },
): Promise<void> {
  const cursors = keptCursors(ports);
  const session = String(request.session);
  const saves = request.saves.filter(({ slot }) => (groups.ownerOf(key, slot) ?? session) === session);
  await Promise.all(
    saves.map(({ slot, cursor, resets }) => {
      const vector = vectorOf(cursor, topic, "save");
      return cursors.save(topic, cursorName(request.group, slot), { vector, resets });
    }),
  );
}

/** How far the group got in the slots that the member is to begin with. */
async function cursorsOf(
  ports: ServerPorts,
  topic: ServedTopic,
  { request, answer }: { readonly request: WorkInGroupRequest; readonly answer: GroupAnswer & { type: "working" } },
): Promise<SlotCursor[]> {
  const cursors = keptCursors(ports);
  const known = new Set(request.slots);
  const fresh = answer.slots.filter((slot) => !known.has(slot));
  if (fresh.length === 0) return [];
  const { start } = request;
  const isPlaced = start !== undefined && start.to.case !== "earliest";
  const vector = isPlaced ? await placeOf(start, topic) : undefined;
  return Promise.all(
    fresh.map(async (slot) => {
      const name = cursorName(request.group, slot);
      let saved = await cursors.get(topic, name);
      // Kept from the beginning: whoever goes on there must not choose a later place.
      if (saved === undefined && vector !== undefined) saved = await cursors.save(topic, name, { vector, resets: 0 });
      if (saved === undefined) return create(SlotCursorSchema, { slot });
      const { generation, resets } = saved;
      const cursor = encodeCursor({ topic: topic.name, generation, vector: saved.vector });
      return create(SlotCursorSchema, { slot, cursor, resets });
    }),
  );
}

/** No name that callers give looks so. */
function cursorName(group: string, slot: number): string {
  return `${group}~${slot}`;
}

function checkNames({ group, member, session }: WorkInGroupRequest): void {
  for (const [what, name] of [
    ["group", group],
    ["member", member],
  ] as const) {
    const fault = cursorNameFault(name)?.replace("cursor name", `${what} name`);
    if (fault !== undefined) throw invalidArgument(fault);
  }
  if (session === 0n) throw invalidArgument("Cannot work in group: session is 0, allowed is any other number");
}

function checkSlots({ slots, releases, saves }: WorkInGroupRequest): void {
  const works = new Set(slots);
  const all = new Set([...slots, ...releases]);
  if (slots.length + releases.length !== all.size) {
    throw invalidArgument("Cannot work in group: a slot is named twice, or worked on and released at once");
  }
  for (const slot of all) {
    if (slot < groupSlots) continue;
    throw invalidArgument(`Cannot work in group: slot is ${slot}, allowed are 0 to ${groupSlots - 1}`);
  }
  for (const { slot } of saves) {
    if (works.has(slot) || all.has(slot)) continue;
    throw invalidArgument(`Cannot save slot ${slot}: the member neither works on it nor releases it`);
  }
  if (saves.length > all.size) throw invalidArgument("Cannot work in group: a slot is saved twice");
}

function refused({ group, member }: WorkInGroupRequest, answer: Exclude<GroupAnswer, { type: "working" }>): Error {
  const doing = `Cannot work in group ${JSON.stringify(group)} as ${JSON.stringify(member)}`;
  switch (answer.type) {
    case "taken":
      return new ConnectError(
        `${doing}: another member of that name lives, for ${answer.leftMs} ms at least`,
        Code.AlreadyExists,
      );
    case "full":
      return new ConnectError(
        `${doing}: the group has ${groupMembersMax} members, allowed are ${groupMembersMax}; end one of them first`,
        Code.ResourceExhausted,
      );
    case "overtaken":
      return new ConnectError(`${doing}: a later call was answered`, Code.Aborted);
    default:
      answer satisfies never;
      return invalidArgument(doing);
  }
}

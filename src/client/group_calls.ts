/** How a member of a group speaks with the group's home, through any server. */
import { decodeCursor, encodeCursor, type Place, type Vector } from "../base/mod.ts";
import type { ConsumeFrom } from "./client_options.ts";
import { type Cursor, cursorToText } from "./cursor.ts";
import { resetTo } from "./cursor_calls.ts";
import type { Servers } from "./servers.ts";

export interface SlotPlace {
  readonly slot: number;
  readonly vector: Vector;
  readonly resets: number;
}

/** What a member says. */
export interface GroupWork {
  readonly slots: readonly number[];
  readonly saves: readonly SlotPlace[];
  readonly releases: readonly number[];
  /** Of the topic, 0 while it is not known. */
  readonly generation: number;
  readonly leave: boolean;
}

/** What it is told. */
export interface GroupPlace {
  readonly slots: readonly number[];
  readonly giveUp: readonly number[];
  readonly leaseMs: number;
  readonly slotCount: number;
  readonly generation: number;
  readonly cursors: readonly SlotPlace[];
}

export interface GroupMember {
  readonly topic: string;
  readonly group: string;
  readonly member: string;
  readonly from: ConsumeFrom;
}

/** A home that does not answer within so long is asked again, through another server. */
const answerMs = 3_000;

/** Speaks for one life of a member. Calls are made one after another. */
export function groupWork(
  servers: Servers,
  { topic, group, member, from }: GroupMember,
): (work: GroupWork) => Promise<GroupPlace> {
  const session = crypto.getRandomValues(new BigUint64Array(1))[0] as bigint;
  const start = { topic, name: group, to: resetTo(from) };
  let call = 0n;
  return async ({ slots, saves, releases, generation, leave }) => {
    const connection = servers.current;
    const toMessage = ({ slot, vector, resets }: SlotPlace) => {
      return { slot, resets, cursor: encodeCursor({ topic, generation, vector }) as Uint8Array<ArrayBuffer> };
    };
    call++;
    const request = { topic, group, member, call, leave, start, session: session === 0n ? 1n : session };
    const said = { slots: [...slots], releases: [...releases], saves: saves.map(toMessage) };
    try {
      if (!servers.isVetted(connection)) await servers.vet(connection, { msLeft: answerMs });
      const answer = await connection.log.workInGroup({ ...request, ...said }, { timeoutMs: answerMs });
      const cursors = answer.cursors.map(({ slot, cursor, resets }) => {
        return { slot, resets, vector: decodeCursor(cursor)?.vector ?? new Map() };
      });
      return { ...answer, cursors };
    } catch (error) {
      const failure = servers.failure(error, connection, { doing: `work in group ${JSON.stringify(group)}` });
      if (failure.code === "DEADLINE_EXCEEDED") servers.failed(connection);
      throw failure;
    }
  };
}

/** A name for a member that its caller gave none. */
export function randomMember(): string {
  return `member-${(crypto.getRandomValues(new Uint32Array(1))[0] as number).toString(16).padStart(8, "0")}`;
}

export function groupCursor(place: Place): Cursor {
  return cursorToText(encodeCursor(place));
}

/** What the commands of Serf's agent RPC do to a node, those apart that go on after their answer. */
import {
  type AgentRequest,
  coordinateBody,
  filterMembers,
  keysBody,
  type Member,
  memberBody,
  NotRemovableError,
  type ReplyBody,
} from "../membership/mod.ts";
import type { KeyList, KeysResult } from "./cluster_keys.ts";
import type { MembershipNode } from "./membership_node.ts";
import type { NodeInfo } from "./node_info.ts";

/** What a command came to. An error may have a body beside it: clients read one. */
export interface Outcome {
  readonly error?: string;
  readonly body?: ReplyBody;
}

export type TagsChange = (set: ReadonlyMap<string, string>, remove: readonly string[]) => void;

export type PlainRequest = Exclude<
  AgentRequest,
  { command: "handshake" | "auth" | "stream" | "monitor" | "stop" | "query" | "respond" | "leave" }
>;

export class SerfRpcCommands {
  readonly #node: MembershipNode;
  readonly #changeTags: TagsChange;
  readonly #info: () => NodeInfo;

  constructor(node: MembershipNode, changeTags: TagsChange, info: () => NodeInfo) {
    this.#node = node;
    this.#changeTags = changeTags;
    this.#info = info;
  }

  /** Rejects with whatever the node refuses. */
  async run(request: PlainRequest): Promise<Outcome> {
    const node = this.#node;
    switch (request.command) {
      case "event":
        node.event(request.name, request.payload, { coalesce: request.coalesce });
        return {};
      case "force-leave":
        return this.#forceLeave(request.node, request.prune);
      case "join": {
        const { contacted } = await node.join(request.addresses, { replay: request.replay });
        return { body: { Num: contacted.length } };
      }
      case "members":
        return this.#members(node.members());
      case "members-filtered": {
        const members = filterMembers(node.members(), request.filter);
        if (members !== undefined) return this.#members(members);
        return { error: "Cannot filter members: a filter is no expression", body: { Members: [] } };
      }
      case "tags":
        this.#changeTags(request.set, request.remove);
        return {};
      case "install-key":
        return keysOutcome(await node.keys.install(request.key));
      case "use-key":
        return keysOutcome(await node.keys.use(request.key));
      case "remove-key":
        return keysOutcome(await node.keys.remove(request.key));
      case "list-keys":
        return keysOutcome(await node.keys.list());
      case "stats":
        return { body: Object.fromEntries(this.#info()) };
      case "get-coordinate":
        return { body: coordinateBody(node.details.coordinateOf(request.node)) };
      default:
        return request satisfies never;
    }
  }

  memberBody(member: Member): ReplyBody {
    const { details, localName } = this.#node;
    // Members that gossip has forgotten spoke what this node speaks, or they would not have been members.
    const versions = details.versionsOf(member.name) ?? details.versionsOf(localName) ?? new Uint8Array(0);
    return memberBody(member, versions);
  }

  #members(members: readonly Member[]): Outcome {
    return { body: { Members: members.map((member) => this.memberBody(member)) } };
  }

  #forceLeave(name: string, prune: boolean): Outcome {
    try {
      this.#node.forceLeave(name, { prune });
    } catch (error) {
      // Serf takes the word for a member that it does not know for done, and scripts rely on that.
      if (!(error instanceof NotRemovableError) || name === this.#node.localName) throw error;
    }
    return {};
  }
}

function keysOutcome(result: KeysResult | KeyList): Outcome {
  const { nodes, answered, errors } = result;
  const body = keysBody(result);
  if (errors.size > 0) return { error: `${errors.size}/${nodes} nodes reported failure`, body };
  if (answered < nodes) return { error: `${answered}/${nodes} nodes reported success`, body };
  return { body };
}

/** Changes the tags of a node that has no tags but those of its operator. */
export function operatorTags(node: MembershipNode): TagsChange {
  return (set, remove) => {
    const tags = new Map(node.member(node.localName)?.tags);
    for (const tag of remove) tags.delete(tag);
    for (const [tag, value] of set) tags.set(tag, value);
    node.setTags(tags);
  };
}

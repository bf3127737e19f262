import type { Checker, FinalState, Observation } from "../observation.ts";

/** In one life of a node, the incarnations that it believes of a member never fall. In the end all find all alive. */
export class MembershipOrder implements Checker {
  readonly name = "members find each other";
  readonly #incarnations = new Map<string, number>();

  observe(observation: Observation): string | undefined {
    if (observation.type !== "member") return undefined;
    const { node, life, member } = observation;
    const key = `${node}/${life}/${member.name}`;
    const last = this.#incarnations.get(key) ?? 0;
    this.#incarnations.set(key, member.incarnation);
    if (member.incarnation >= last) return undefined;
    return `${node} believed incarnation ${last} of ${member.name}, now ${member.incarnation}`;
  }

  finish(nodes: readonly FinalState[]): string[] {
    const broken: string[] = [];
    for (const { node, members } of nodes) {
      if (members.size === 0) continue;
      for (const other of nodes) {
        const status = members.get(other.node);
        if (status !== "alive") broken.push(`${node} believes ${other.node} to be ${status ?? "unknown"}`);
      }
    }
    return broken;
  }
}

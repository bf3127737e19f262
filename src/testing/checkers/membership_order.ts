import type { Checker, Observation } from "../observation.ts";

/** In one life of a node, the incarnations that it believes of a member never fall. */
export class MembershipOrder implements Checker {
  readonly name = "incarnations never fall";
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

  finish(): string[] {
    return [];
  }
}

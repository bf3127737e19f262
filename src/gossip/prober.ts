/** Finds out who still answers: one random member at a time, first directly, then through others and over TCP. */
import { type Address, ipToText, type Timer } from "../base/mod.ts";
import { type Coordinates, decodeCoordinate, encodeCoordinate } from "./coordinates.ts";
import type { Core } from "./core.ts";
import type { Courier } from "./courier.ts";
import type { Exchanges } from "./exchanges.ts";
import { isUp, type Node, type NodeTable, protocolMax, snapshotOf } from "./nodes.ts";
import type { Paths } from "./paths.ts";
import type { Swim } from "./swim.ts";
import type { Ack, IndirectPing, Nack, Ping, PingSource } from "./wire.ts";

/** Pings on behalf of others that may be under way at once. Honest helpers have a handful. */
const helpedMax = 256;

/** A helper tells after 4/5 of its time that it hears nothing: told at the end, it would come after the asker's own end. */
const nackAfterFifths = 4;

/** A probe of this node's own. */
interface Probe {
  readonly node: Node;
  readonly sequence: number;
  readonly timers: Timer[];
  readonly sentAtMs: number;
  /** False once others were asked: from then on an answer may have taken another way. */
  isDirect: boolean;
  nacksExpected: number;
  nacksReceived: number;
  answeredOverTcp: boolean;
}

/** A ping on behalf of another node. */
interface Helped {
  readonly requester: Address;
  readonly requesterSequence: number;
  readonly timers: readonly Timer[];
}

interface ProberParts {
  readonly courier: Courier;
  readonly swim: Swim;
  readonly exchanges: Exchanges;
  readonly coordinates: Coordinates;
  readonly paths: Paths;
}

export class Prober {
  readonly #core: Core;
  readonly #nodes: NodeTable;
  readonly #courier: Courier;
  readonly #swim: Swim;
  readonly #exchanges: Exchanges;
  readonly #coordinates: Coordinates;
  readonly #paths: Paths;
  /** Names a ping and what answers it: 32 bits, wrapping. */
  #sequence: number;
  #probe: Probe | undefined;
  /** The probe before, while its own answer may still come: that it is late is worth knowing. */
  #missed: Probe | undefined;
  readonly #helped = new Map<number, Helped>();

  constructor(core: Core, nodes: NodeTable, parts: ProberParts) {
    this.#core = core;
    this.#nodes = nodes;
    this.#courier = parts.courier;
    this.#swim = parts.swim;
    this.#exchanges = parts.exchanges;
    this.#coordinates = parts.coordinates;
    this.#paths = parts.paths;
    // A random start keeps late acks to an earlier life of this address from answering the pings of this one.
    this.#sequence = core.random.uint32();
  }

  /** Probes the next member, unless a probe is still under way: an unwell node probes slower. */
  tick(): void {
    if (this.#probe !== undefined) return;
    const { name, settings } = this.#core.options;
    const nowMs = this.#core.nowMs;
    const node = this.#nodes.nextToProbe(
      (candidate) => candidate.name !== name && isUp(candidate),
      (candidate) =>
        candidate.name !== name && !isUp(candidate) && nowMs - candidate.stateSinceMs > settings.gossipToTheDeadMs,
    );
    if (node !== undefined) this.#start(node);
  }

  #start(node: Node): void {
    const { probeIntervalMs, probeTimeoutMs } = this.#core.options.settings;
    const { schedule, nowMs } = this.#core;
    const deadlineMs = nowMs + probeIntervalMs * (this.#swim.health + 1);
    const sequence = this.#nextSequence();
    const probe: Probe = {
      node,
      sequence,
      timers: [],
      sentAtMs: nowMs,
      isDirect: true,
      nacksExpected: 0,
      nacksReceived: 0,
      answeredOverTcp: false,
    };
    this.#probe = probe;
    this.#core.counters.probes++;
    this.#paths.pinged(node);
    const ping = this.#pingOf(node.name, sequence);
    if (node.state === "suspect" && this.#core.options.tellsSuspects) {
      // The suspect hears of the accusation from the very ping that checks it, so that it can refute at once.
      const accusation = { incarnation: node.incarnation, node: node.name, from: this.#swim.local.name };
      this.#courier.sendTogether(node, [ping, { type: "suspect", ...accusation }]);
    } else {
      this.#courier.send(node.address, ping);
    }
    if (nowMs + probeTimeoutMs < deadlineMs) {
      probe.timers.push(schedule.at(nowMs + probeTimeoutMs, () => this.#askOthers(probe, deadlineMs)));
    }
    probe.timers.push(schedule.at(deadlineMs, () => this.#conclude(probe)));
  }

  #askOthers(probe: Probe, deadlineMs: number): void {
    probe.isDirect = false;
    const { node, sequence } = probe;
    const own = this.#core.options.name;
    const helps = (helper: Node) => helper.name !== own && helper.name !== node.name && helper.state === "alive";
    for (const helper of this.#nodes.pick(this.#core.options.settings.indirectChecks, helps)) {
      const nack = protocolMax(helper) >= 4;
      if (nack) probe.nacksExpected++;
      const target = { target: node.addressBytes, port: node.address.port, node: node.name };
      this.#courier.send(helper.address, { type: "indirect-ping", sequence, nack, ...target, ...this.#source() });
    }
    if (protocolMax(node) >= 3) {
      this.#exchanges.ping(node.address, this.#pingOf(node.name, sequence), deadlineMs, (answered) => {
        probe.answeredOverTcp = answered;
        this.#paths.overTcp(node, answered, this.#core.nowMs);
        // Helpers were quicker.
        if (answered && this.#missed === probe) this.tellOfPath(node);
      });
    }
  }

  /** The time is over and no datagram answered. */
  #conclude(probe: Probe): void {
    this.#end(probe);
    this.#miss(probe);
    const { node } = probe;
    if (probe.answeredOverTcp) {
      this.#swim.adjustHealth(-1);
      return;
    }
    this.#core.counters.probesFailed++;
    // Helpers that say nothing at all tell that this node itself is not heard, or hears nothing.
    const silent = probe.nacksExpected - probe.nacksReceived;
    this.#swim.adjustHealth(probe.nacksExpected > 0 ? Math.max(0, silent) : 1);
    const { incarnation, name } = node;
    this.#swim.suspect({ type: "suspect", incarnation, node: name, from: this.#swim.local.name });
  }

  /** The ping itself was not answered, whatever others had to say. */
  #miss(probe: Probe): void {
    this.#missed = probe;
    this.#paths.missed(probe.node, probe.sentAtMs);
    if (probe.answeredOverTcp) this.tellOfPath(probe.node);
  }

  /** Tells once what is wrong with the way to a node that answers over TCP; where that is unclear, has it tested first. */
  tellOfPath(node: Node): void {
    const { nowMs } = this.#core;
    if (this.#paths.wantsTest(node, nowMs)) {
      this.#core.emit({ type: "path-unclear", node: snapshotOf(node) });
      return;
    }
    if (!this.#core.mayWarn("udp")) return;
    const { probeTimeoutMs } = this.#core.options.settings;
    const news = this.#paths.takeNews(node, nowMs, probeTimeoutMs);
    if (news !== undefined) this.#core.warn("udp", `Node ${node.name} cannot be spoken to by UDP: ${news.cause}`);
  }

  #end(probe: Probe): void {
    for (const timer of probe.timers) timer.cancel();
    if (this.#probe === probe) this.#probe = undefined;
  }

  /** Answers a ping for this node. */
  pinged(ping: Ping, from: Address): void {
    if (ping.node !== "" && ping.node !== this.#core.options.name) {
      this.#core.drop("ping-for-another");
      return;
    }
    this.#paths.heardPingOf(ping.sourceName, this.#core.nowMs);
    this.#courier.send(replyAddress(ping, from), {
      type: "ack",
      sequence: ping.sequence,
      payload: encodeCoordinate(this.#coordinates.own),
    });
  }

  /** Pings on behalf of another node. */
  asked(request: IndirectPing, from: Address): void {
    const host = ipToText(request.target);
    if (host === undefined || this.#helped.size >= helpedMax) {
      this.#core.drop(host === undefined ? "malformed-message" : "too-many-indirect-pings");
      return;
    }
    const sequence = this.#nextSequence();
    const requester = replyAddress(request, from);
    const { nowMs, schedule, options } = this.#core;
    const { probeTimeoutMs } = options.settings;
    // An ack is passed on even after the nack.
    const timers = [schedule.at(nowMs + probeTimeoutMs, () => this.#helped.delete(sequence))];
    if (request.nack) {
      const nack = () => this.#courier.send(requester, { type: "nack", sequence: request.sequence });
      timers.push(schedule.at(nowMs + Math.floor((nackAfterFifths * probeTimeoutMs) / 5), nack));
    }
    this.#helped.set(sequence, { requester, requesterSequence: request.sequence, timers });
    const port = request.port === 0 ? this.#core.options.address.port : request.port;
    this.#courier.send({ host, port }, this.#pingOf(request.node, sequence));
  }

  acked(ack: Ack, from: Address): void {
    const helped = this.#helped.get(ack.sequence);
    if (helped !== undefined) {
      for (const timer of helped.timers) timer.cancel();
      this.#helped.delete(ack.sequence);
      const answer: Ack = { type: "ack", sequence: helped.requesterSequence, payload: new Uint8Array(0) };
      this.#courier.send(helped.requester, answer);
      return;
    }
    const probe = this.#probe;
    if (probe?.sequence !== ack.sequence) {
      this.#ackedLate(ack, from);
      return;
    }
    this.#end(probe);
    this.#swim.adjustHealth(-1);
    const { node, sentAtMs } = probe;
    const { nowMs } = this.#core;
    if (probe.isDirect) this.#paths.answered(node, sentAtMs, nowMs);
    else if (isOwnAnswer(ack, from, node)) this.#paths.answeredLate(node, nowMs);
    else {
      this.#paths.helped(node, nowMs);
      this.#miss(probe);
    }
    if (probe.isDirect && ack.payload.length > 0) this.#locate(probe, ack.payload);
  }

  /** An answer to the probe before: it decides nothing any more, and tells that the way is slow and not broken. */
  #ackedLate(ack: Ack, from: Address): void {
    const missed = this.#missed;
    if (missed?.sequence !== ack.sequence || !isOwnAnswer(ack, from, missed.node)) return;
    this.#missed = undefined;
    this.#paths.answeredLate(missed.node, this.#core.nowMs);
  }

  #locate(probe: Probe, payload: Uint8Array): void {
    const coordinate = decodeCoordinate(payload);
    if (coordinate === undefined) this.#core.drop("malformed-coordinate");
    else this.#coordinates.observe(probe.node.name, coordinate, this.#core.nowMs - probe.sentAtMs);
  }

  nacked(nack: Nack): void {
    const probe = this.#probe;
    if (probe?.sequence !== nack.sequence || probe.nacksReceived >= probe.nacksExpected) return;
    probe.nacksReceived++;
    this.#paths.nacked(probe.node);
  }

  #nextSequence(): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    return this.#sequence;
  }

  #pingOf(node: string, sequence: number): Ping {
    return { type: "ping", sequence, node, ...this.#source() };
  }

  #source(): PingSource {
    const { address, addressBytes, name } = this.#core.options;
    return { sourceAddress: addressBytes, sourcePort: address.port, sourceName: name };
  }
}

/** Whether a node answered itself: helpers pass no coordinates on, and have other addresses. */
function isOwnAnswer(ack: Ack, from: Address, node: Node): boolean {
  return ack.payload.length > 0 || (from.host === node.address.host && from.port === node.address.port);
}

/** Where the answer goes: where the asker says it listens, else where the datagram came from. */
function replyAddress(source: PingSource, from: Address): Address {
  const host = ipToText(source.sourceAddress);
  return host === undefined || source.sourcePort === 0 ? from : { host, port: source.sourcePort };
}

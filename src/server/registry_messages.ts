/** Services as messages say them, and as the registry does. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  HealthCheck,
  HealthCheckKind,
  HealthState,
  ServiceChange,
  ServiceDefinition,
  ServiceInstance,
  ServiceQuery,
} from "../base/mod.ts";
import {
  type HealthCheck as HealthCheckMessage,
  HealthState as HealthStateMessage,
  type LookUpServicesRequest,
  type Service,
  ServiceChange as ServiceChangeMessage,
  type ServiceInstanceSchema,
} from "../gen/grapevine/v1/registry_pb.ts";
import { invalidArgument } from "./errors.ts";

const states: Readonly<Record<HealthState, HealthStateMessage>> = {
  passing: HealthStateMessage.PASSING,
  warning: HealthStateMessage.WARNING,
  critical: HealthStateMessage.CRITICAL,
};

export const changes: Readonly<Record<ServiceChange["type"], ServiceChangeMessage>> = {
  present: ServiceChangeMessage.PRESENT,
  added: ServiceChangeMessage.ADDED,
  changed: ServiceChangeMessage.CHANGED,
  removed: ServiceChangeMessage.REMOVED,
};

/** Throws for one that is none. */
export function toHealthState(message: HealthStateMessage, doing: string): HealthState {
  const [found] = Object.entries(states).find(([, value]) => value === message) ?? [];
  if (found !== undefined) return found as HealthState;
  throw invalidArgument(`Cannot ${doing}: state is ${message}, allowed are 1 (passing), 2 (warning) and 3 (critical)`);
}

export function toDefinition(service: Service | undefined): ServiceDefinition {
  if (service === undefined) throw invalidArgument("Cannot register service: the request names none");
  const { name, id, address, port, tags, metadata, checks, deregisterAfterMs } = service;
  return {
    ...{ name, id, address, port, tags, metadata },
    checks: checks.map(toCheck),
    ...(deregisterAfterMs !== undefined && { deregisterAfterMs: Number(deregisterAfterMs) }),
  };
}

/** What is 0 was not given. */
function toCheck(check: HealthCheckMessage, at: number): HealthCheck {
  const { name, intervalMs, timeoutMs, passingAfter, criticalAfter } = check;
  return {
    ...toKind(check, at),
    name,
    ...(intervalMs > 0n && { intervalMs: Number(intervalMs) }),
    ...(timeoutMs > 0n && { timeoutMs: Number(timeoutMs) }),
    ...(passingAfter > 0 && { passingAfter }),
    ...(criticalAfter > 0 && { criticalAfter }),
  };
}

function toKind({ kind }: HealthCheckMessage, at: number): HealthCheckKind {
  switch (kind.case) {
    case "http": {
      const { url, method, headers } = kind.value;
      return { type: "http", url, headers, ...(method !== "" && { method }) };
    }
    case "tcp":
      return { type: "tcp", address: kind.value.address };
    case "grpc":
      return { type: "grpc", address: kind.value.address, service: kind.value.service };
    case "command":
      return { type: "command", command: kind.value.command };
    case "ttl":
      return { type: "ttl", ttlMs: Number(kind.value.ttlMs) };
    case undefined: {
      const allowed = "allowed is one of http, tcp, grpc, command, ttl";
      throw invalidArgument(`Cannot register service: checks[${at}] says not what to check, ${allowed}`);
    }
    default:
      throw kind satisfies never;
  }
}

export function toQuery(request: LookUpServicesRequest | undefined): ServiceQuery {
  if (request === undefined) return {};
  const { name, tags, states: asked, node, near } = request;
  return { name, tags, node, near, states: asked.map((state) => toHealthState(state, "look up services")) };
}

/** Definitions of checks are not told: they may hold what opens doors. */
export function toInstanceMessage(instance: ServiceInstance): MessageInitShape<typeof ServiceInstanceSchema> {
  const { name, id, address, port, tags, metadata, node, state, checks, sinceMs, rttMs } = instance;
  return {
    service: { name, id, address, port, tags: [...tags], metadata: { ...metadata } },
    ...{ node, state: states[state], sinceMs: BigInt(sinceMs), rttMs },
    checks: checks.map((check) => ({ ...check, state: states[check.state], sinceMs: BigInt(check.sinceMs) })),
  };
}

/** Services as messages say them, and as callers do. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  HealthCheck,
  HealthState,
  ServiceChange,
  ServiceDefinition,
  ServiceInstance,
  ServiceQuery,
} from "../base/mod.ts";
import {
  type HealthCheckSchema,
  HealthState as HealthStateMessage,
  type LookUpServicesRequestSchema,
  ServiceChange as ServiceChangeMessage,
  type ServiceInstance as ServiceInstanceMessage,
  type ServiceSchema,
} from "../gen/grapevine/v1/registry_pb.ts";

const states: Readonly<Record<HealthState, HealthStateMessage>> = {
  passing: HealthStateMessage.PASSING,
  warning: HealthStateMessage.WARNING,
  critical: HealthStateMessage.CRITICAL,
};

/** A state that this client does not know is not one to rely on. */
function toHealthState(message: HealthStateMessage): HealthState {
  if (message === HealthStateMessage.PASSING) return "passing";
  return message === HealthStateMessage.WARNING ? "warning" : "critical";
}

/** Unspecified for what is no state, so that the server says what is allowed. */
export function fromHealthState(state: HealthState): HealthStateMessage {
  return states[state] ?? HealthStateMessage.UNSPECIFIED;
}

export function fromDefinition(definition: ServiceDefinition): MessageInitShape<typeof ServiceSchema> {
  const { name, id, address, port, tags = [], metadata = {}, checks = [], deregisterAfterMs } = definition;
  return {
    ...{ name, id, address, port, metadata: { ...metadata } },
    tags: [...tags],
    checks: checks.map(fromCheck),
    ...(deregisterAfterMs !== undefined && { deregisterAfterMs: BigInt(deregisterAfterMs) }),
  };
}

function fromCheck(check: HealthCheck): MessageInitShape<typeof HealthCheckSchema> {
  const { name, intervalMs = 0, timeoutMs = 0, passingAfter, criticalAfter } = check;
  const timing = { intervalMs: BigInt(intervalMs), timeoutMs: BigInt(timeoutMs), passingAfter, criticalAfter };
  return { name, ...timing, kind: kindOf(check) };
}

function kindOf(check: HealthCheck): MessageInitShape<typeof HealthCheckSchema>["kind"] {
  switch (check.type) {
    case "http":
      return { case: "http", value: { url: check.url, method: check.method, headers: { ...check.headers } } };
    case "tcp":
      return { case: "tcp", value: { address: check.address } };
    case "grpc":
      return { case: "grpc", value: { address: check.address, service: check.service } };
    case "command":
      return { case: "command", value: { command: [...check.command] } };
    case "ttl":
      return { case: "ttl", value: { ttlMs: BigInt(check.ttlMs) } };
    default:
      check satisfies never;
      return { case: undefined };
  }
}

export function fromQuery(query: ServiceQuery): MessageInitShape<typeof LookUpServicesRequestSchema> {
  const { name, tags = [], states: asked = [], node, near } = query;
  return { name, tags: [...tags], states: asked.map(fromHealthState), node, near };
}

/** Undefined for what carries no service. */
export function toInstance(message: ServiceInstanceMessage | undefined): ServiceInstance | undefined {
  const { service } = message ?? {};
  if (message === undefined || service === undefined) return undefined;
  const { name, id, address, port } = service;
  return {
    ...{ name, id, address, port, node: message.node },
    tags: [...service.tags],
    metadata: { ...service.metadata },
    state: toHealthState(message.state),
    checks: message.checks.map((check) => ({
      name: check.name,
      state: toHealthState(check.state),
      output: check.output,
      sinceMs: Number(check.sinceMs),
    })),
    sinceMs: Number(message.sinceMs),
    rttMs: message.rttMs,
  };
}

/** Undefined for one that this client does not know. */
export function toChangeType(message: ServiceChangeMessage): ServiceChange["type"] | undefined {
  switch (message) {
    case ServiceChangeMessage.PRESENT:
      return "present";
    case ServiceChangeMessage.ADDED:
      return "added";
    case ServiceChangeMessage.CHANGED:
      return "changed";
    case ServiceChangeMessage.REMOVED:
      return "removed";
    default:
      return undefined;
  }
}

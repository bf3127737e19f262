/** Services that nodes register: what callers ask, checked; what is known of services stands behind a port. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { ServiceChange } from "../base/mod.ts";
import {
  type DeregisterServiceRequest,
  type DeregisterServiceResponse,
  DeregisterServiceResponseSchema,
  type LookUpServicesRequest,
  type LookUpServicesResponse,
  LookUpServicesResponseSchema,
  type RegisterServiceRequest,
  type RegisterServiceResponse,
  RegisterServiceResponseSchema,
  type ReportHealthRequest,
  type ReportHealthResponse,
  ReportHealthResponseSchema,
  type WatchServicesRequest,
  type WatchServicesResponseSchema,
} from "../gen/grapevine/v1/registry_pb.ts";
import { heartbeatMs } from "./limits.ts";
import type { ServerPorts } from "./ports.ts";
import { changes, toDefinition, toHealthState, toInstanceMessage, toQuery } from "./registry_messages.ts";
import type { ServedRegistry } from "./registry_port.ts";
import { Waiting } from "./waiting.ts";

export async function registerService(
  ports: ServerPorts,
  { service }: RegisterServiceRequest,
): Promise<RegisterServiceResponse> {
  const instance = await registryOf(ports).registerForCaller(toDefinition(service));
  return create(RegisterServiceResponseSchema, { instance: toInstanceMessage(instance) });
}

export async function deregisterService(
  ports: ServerPorts,
  { id }: DeregisterServiceRequest,
): Promise<DeregisterServiceResponse> {
  await registryOf(ports).deregister(id);
  return create(DeregisterServiceResponseSchema);
}

export async function reportHealth(ports: ServerPorts, request: ReportHealthRequest): Promise<ReportHealthResponse> {
  const { id, check, output } = request;
  const state = toHealthState(request.state, `report on service ${JSON.stringify(id.slice(0, 60))}`);
  await registryOf(ports).report(id, { state, check, output });
  return create(ReportHealthResponseSchema);
}

export function lookUpServices(ports: ServerPorts, request: LookUpServicesRequest): LookUpServicesResponse {
  const instances = registryOf(ports).lookUp(toQuery(request));
  return create(LookUpServicesResponseSchema, { instances: instances.map(toInstanceMessage) });
}

/**
 * All that is asked for as it is, then a heartbeat, then every change. A caller that is slow hears of the latest and not of
 * each step, so that what waits for it is never more than there are services.
 */
export async function* watchServices(
  ports: ServerPorts,
  { lookUp }: WatchServicesRequest,
  context: Pick<HandlerContext, "signal">,
): AsyncGenerator<MessageInitShape<typeof WatchServicesResponseSchema>> {
  const registry = registryOf(ports);
  const waiting = new Waiting(ports.clock, context.signal);
  let take = (): ServiceChange[] => [];
  try {
    waiting.listen((announce) => {
      const watch = registry.openWatch(toQuery(lookUp), announce);
      take = () => watch.take();
      return () => watch.end();
    });
    yield* take().map(toResponse);
    yield { heartbeat: true };
    for (;;) {
      if (!(await waiting.wait(heartbeatMs))) yield { heartbeat: true };
      yield* take().map(toResponse);
    }
  } finally {
    waiting.release();
  }
}

function toResponse({ type, instance, reason }: ServiceChange): MessageInitShape<typeof WatchServicesResponseSchema> {
  return { change: changes[type], instance: toInstanceMessage(instance), reason };
}

function registryOf({ services }: ServerPorts): ServedRegistry {
  if (services !== undefined) return services;
  throw new ConnectError("Cannot tell of services: this node keeps none", Code.Unimplemented);
}

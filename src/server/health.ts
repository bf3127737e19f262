/** The health protocol of gRPC: "" and every service stand for the whole node. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import {
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../gen/grpc/health/v1/health_pb.ts";
import { notFound } from "./errors.ts";
import { heartbeatMs } from "./limits.ts";
import type { ServedReadiness, ServerPorts } from "./ports.ts";
import { Waiting } from "./waiting.ts";

export function checkHealth(
  readiness: ServedReadiness,
  services: ReadonlySet<string>,
  request: HealthCheckRequest,
): HealthCheckResponse {
  const status = statusOf(readiness, services, request.service);
  if (status === Status.SERVICE_UNKNOWN) {
    throw notFound(`Cannot check service ${JSON.stringify(request.service)}: this server has no such service`);
  }
  return create(HealthCheckResponseSchema, { status });
}

/** The status now, and again after each change. An unknown service is told as such and watched on, as gRPC has it. */
export async function* watchHealth(
  ports: ServerPorts,
  services: ReadonlySet<string>,
  request: HealthCheckRequest,
  context: HandlerContext,
): AsyncGenerator<MessageInitShape<typeof HealthCheckResponseSchema>> {
  const waiting = new Waiting(ports.clock, context.signal);
  waiting.listen((announce) => ports.readiness.onChange(announce));
  try {
    for (let told: Status | undefined; ; await waiting.wait(heartbeatMs)) {
      const status = statusOf(ports.readiness, services, request.service);
      if (status !== told) yield { status };
      told = status;
    }
  } finally {
    waiting.release();
  }
}

function statusOf(readiness: ServedReadiness, services: ReadonlySet<string>, service: string): Status {
  if (service !== "" && !services.has(service)) return Status.SERVICE_UNKNOWN;
  return readiness.ready ? Status.SERVING : Status.NOT_SERVING;
}

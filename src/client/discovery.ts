/** Calls to services that are found by the cluster, outside browsers: from servers' URLs, a connected client or a node. */
import type { Transport } from "@connectrpc/connect";
import { DiscoveryTransport, type DiscoveryTransportOptions } from "./discovery_transport.ts";
import { ClientError } from "./errors.ts";
import { LogClient } from "./log_client.ts";
import { ServiceBalancer, type ServiceBalancerOptions } from "./service_balancer.ts";
import type { ServiceWatcher } from "./service_feed.ts";
import { openNodeTransport, openServiceTransport } from "./transport_node.ts";

/** Who tells of the instances: one of these three. */
export interface ServiceSource {
  /** URLs of Grapevine servers: a client of its own is opened, and closed with what it is for. */
  readonly seeds?: string | readonly string[] | undefined;
  /** A connected client. */
  readonly client?: { readonly services: ServiceWatcher } | undefined;
  /** `client.services`, `agent.services`, or whatever else tells of services. */
  readonly services?: ServiceWatcher | undefined;
}

export interface CreateDiscoveryTransportOptions extends Omit<DiscoveryTransportOptions, keyof Given>, ServiceSource {
  /** @default Connect's protocol over HTTP/1.1 */
  readonly createTransport?: ((baseUrl: string) => Transport) | undefined;
}

export interface CreateServiceBalancerOptions extends Omit<ServiceBalancerOptions, keyof Given>, ServiceSource {}

/** What is filled in here. */
interface Given {
  readonly services: unknown;
  readonly createTransport: unknown;
}

/** A transport for any service of Connect's. To be closed when it is not needed any more: it watches the registry. */
export function createDiscoveryTransport(options: CreateDiscoveryTransportOptions): DiscoveryTransport {
  const { createTransport = openServiceTransport, ...rest } = options;
  return new DiscoveryTransport({ ...rest, createTransport, ...sourceOf(options) });
}

/** Picks instances for calls beside Connect's: `balancer.fetch("/path")`. To be closed, too. */
export function createServiceBalancer(options: CreateServiceBalancerOptions): ServiceBalancer {
  return new ServiceBalancer({ ...options, ...sourceOf(options) });
}

function sourceOf({
  service,
  seeds,
  client,
  services = client?.services,
}: ServiceSource & { readonly service: string }): Pick<ServiceBalancerOptions, "services" | "onClose"> {
  if (services !== undefined) return { services };
  if (seeds === undefined || seeds.length === 0) {
    const message = `Cannot call service ${JSON.stringify(service)}: seeds, client and services are all missing; give one of them`;
    throw new ClientError("INVALID_ARGUMENT", message);
  }
  const own = new LogClient(typeof seeds === "string" ? [seeds] : seeds, { openTransport: openNodeTransport });
  return { services: own.services, onClose: () => own.close() };
}

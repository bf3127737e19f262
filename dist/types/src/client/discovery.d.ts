/** Calls to services that are found by the cluster, outside browsers: from servers' URLs, a connected client or a node. */
import type { Transport } from "npm:@connectrpc/connect@2.2.0";
import { DiscoveryTransport, type DiscoveryTransportOptions } from "./discovery_transport.d.ts";
import { ServiceBalancer, type ServiceBalancerOptions } from "./service_balancer.d.ts";
import type { ServiceWatcher } from "./service_feed.d.ts";
/** Who tells of the instances: one of these three. */
export interface ServiceSource {
    /** URLs of Grapevine servers: a client of its own is opened, and closed with what it is for. */
    readonly seeds?: string | readonly string[] | undefined;
    /** A connected client. */
    readonly client?: {
        readonly services: ServiceWatcher;
    } | undefined;
    /** `client.services`, `agent.services`, or whatever else tells of services. */
    readonly services?: ServiceWatcher | undefined;
}
export interface CreateDiscoveryTransportOptions extends Omit<DiscoveryTransportOptions, keyof Given>, ServiceSource {
    /** @default Connect's protocol over HTTP/1.1 */
    readonly createTransport?: ((baseUrl: string) => Transport) | undefined;
}
export interface CreateServiceBalancerOptions extends Omit<ServiceBalancerOptions, keyof Given>, ServiceSource {
}
/** What is filled in here. */
interface Given {
    readonly services: unknown;
    readonly createTransport: unknown;
}
/** A transport for any service of Connect's. To be closed when it is not needed any more: it watches the registry. */
export declare function createDiscoveryTransport(options: CreateDiscoveryTransportOptions): DiscoveryTransport;
/** Picks instances for calls beside Connect's: `balancer.fetch("/path")`. To be closed, too. */
export declare function createServiceBalancer(options: CreateServiceBalancerOptions): ServiceBalancer;
export {};

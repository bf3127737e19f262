/** A transport of Connect that balances over the instances of a service, which need not know anything of this. */
import type { DescMessage, DescMethodStreaming, DescMethodUnary } from "npm:@bufbuild/protobuf@2.17.0";
import { type StreamResponse, type Transport, type UnaryResponse } from "npm:@connectrpc/connect@2.2.0";
import { ServiceBalancer, type ServiceBalancerOptions } from "./service_balancer.d.ts";
export interface DiscoveryTransportOptions extends ServiceBalancerOptions {
    /** The transport to one instance: any of Connect's, with the caller's own interceptors and protocol. */
    readonly createTransport: (baseUrl: string) => Transport;
    /**
     * Which methods may be called again though they may have been done.
     * @default those whose definition says `idempotency_level`
     */
    readonly isIdempotent?: ((method: DescMethodUnary | DescMethodStreaming) => boolean) | undefined;
}
/**
 * Each call goes to an instance that is picked for it: of two by chance the one with less to do, none that is left out for
 * its failures. A call that surely was not sent is tried at another instance, and one that broke off when it is idempotent,
 * within the call's time. A stream stays at its instance.
 */
export declare class DiscoveryTransport implements Transport, AsyncDisposable {
    #private;
    constructor(options: DiscoveryTransportOptions);
    /** What it picks with, for calls beside Connect's. */
    get balancer(): ServiceBalancer;
    unary<I extends DescMessage, O extends DescMessage>(...[method, signal, timeoutMs, header, input, contextValues]: Parameters<Transport["unary"]>): Promise<UnaryResponse<I, O>>;
    stream<I extends DescMessage, O extends DescMessage>(...[method, signal, timeoutMs, header, input, contextValues]: Parameters<Transport["stream"]>): Promise<StreamResponse<I, O>>;
    /** Idempotent. Calls on their way go on. */
    close(): void;
    [Symbol.asyncDispose](): Promise<void>;
}

import { askedAcks } from "./acks.ts";
import { CompressingPipe, compressorOf } from "./compressing_pipe.ts";
import type { ServerConnection } from "./connections.ts";
import type { BatchPipe } from "./pipe.ts";
import { pipeTo } from "./pipe_to.ts";
import { answerPatienceMs } from "./produce_once.ts";
import { Producer } from "./producer.ts";
import { type ProducerOptions, resolveProducerOptions } from "./producer_options.ts";
import { RetryingPipe } from "./retrying_pipe.ts";
import type { ServerChoice } from "./servers.ts";

/** A producer to these servers. Throws `ClientError` for options that make no sense. */
export function openProducer(
  topic: string,
  options: ProducerOptions,
  { servers, failover }: { readonly servers: ServerChoice; readonly failover: boolean },
): Producer {
  const idempotent = options.idempotent ?? (failover || options.identity !== undefined);
  const resolved = resolveProducerOptions({ ...options, idempotent });
  const { identity, deliveryTimeoutMs, batchesInFlightMax: batchesMax } = resolved;
  const acks = askedAcks(resolved);
  const compress = compressorOf(resolved.compression, servers.current);
  const retries = identity !== undefined && failover && deliveryTimeoutMs > 0;
  const open = (to: ServerConnection): BatchPipe => {
    const target = { client: to.log, server: to.url, topic, checksum: to.checksum, ...acks };
    return pipeTo(to, target, { batchesMax, failsAlone: retries });
  };
  const answerMsMax = Math.min(deliveryTimeoutMs, answerPatienceMs(acks));
  const pipe = retries ? new RetryingPipe({ servers, deliveryTimeoutMs, answerMsMax, open }) : open(servers.current);
  return new Producer(compress === undefined ? pipe : new CompressingPipe(pipe, compress), resolved, servers.clock);
}

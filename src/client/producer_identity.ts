import { isProducerId, producerEpochMax } from "../base/mod.ts";
import { ClientError } from "./errors.ts";

/** Whose batches are whose: a batch that is produced again under the same identity and numbers is stored once. */
export interface ProducerIdentity {
  /** 16 hexadecimal digits, not all 0. Two producers that live at the same time never share one. */
  readonly id: string;
  /** 0 to 4294967295. What follows a producer under its id says a greater one: from then on the earlier one is refused. */
  readonly epoch: number;
}

/** Checked; a random one when none is given. Throws `ClientError`. */
export function resolveIdentity(identity: ProducerIdentity | undefined): ProducerIdentity {
  if (identity === undefined) return { id: randomProducerId(), epoch: 0 };
  const { id, epoch } = identity;
  if (!isProducerId(id)) {
    throw refused(`identity.id is ${JSON.stringify(id)}, allowed are 16 lower-case hexadecimal digits, not all 0`);
  }
  if (!(Number.isInteger(epoch) && epoch >= 0 && epoch <= producerEpochMax)) {
    throw refused(`identity.epoch is ${epoch}, allowed are whole numbers from 0 to ${producerEpochMax}`);
  }
  return { id, epoch };
}

export function randomProducerId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  // All zeroes mean that there is no producer.
  bytes[0] = (bytes[0] as number) | 1;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function refused(reason: string): ClientError {
  return new ClientError("INVALID_ARGUMENT", `Cannot produce: ${reason}`, { fate: "unsent" });
}

/** Whose batches are whose: a batch that is produced again under the same identity and numbers is stored once. */
export interface ProducerIdentity {
    /** 16 hexadecimal digits, not all 0. Two producers that live at the same time never share one. */
    readonly id: string;
    /** 0 to 4294967295. What follows a producer under its id says a greater one: from then on the earlier one is refused. */
    readonly epoch: number;
}
/** Checked; a random one when none is given. Throws `ClientError`. */
export declare function resolveIdentity(identity: ProducerIdentity | undefined): ProducerIdentity;
export declare function randomProducerId(): string;

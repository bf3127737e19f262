/** Named bounds of the registry. Judged where services are registered; what others wrote is read by the same measure. */

/** Characters of a service's name: a label of DNS. */
export const serviceNameCharactersMax = 63;
/** Characters of a service's id. */
export const serviceIdCharactersMax = 128;
/** Characters of an address: the longest name of DNS. */
export const addressCharactersMax = 253;
export const tagsMax = 64;
export const tagCharactersMax = 128;
export const metadataEntriesMax = 64;
export const metadataNameCharactersMax = 128;
export const metadataValueCharactersMax = 1_024;

export const checksMax = 16;
export const checkNameCharactersMax = 64;
export const urlCharactersMax = 2_048;
export const httpHeadersMax = 32;
export const httpHeaderCharactersMax = 4_096;
export const commandWordsMax = 64;
export const commandWordCharactersMax = 4_096;
/** Runs in a row that a check may be asked to wait for. */
export const thresholdMax = 100;

/** Shorter, and checking would be most of what a node does. */
export const checkIntervalMsMin = 100;
/** A day. */
export const checkIntervalMsMax = 86_400_000;
export const checkIntervalMsDefault = 10_000;
export const checkTimeoutMsDefault = 5_000;
/** A year. */
export const deregisterAfterMsMax: number = 365 * 86_400_000;

/** Bytes of what a check said that are kept: in UTF-8. */
export const checkOutputBytesMax = 1_024;
/** Characters of a reason that are kept. */
export const reasonCharactersMax = 2_048;
/** Bytes of a record of the registry: all that is registered stays in memory. */
export const serviceBytesMax = 131_072;
/** Bytes of a definition in it: what checks say has room beside it. */
export const definitionBytesMax = 32_768;
/** Services that one node registers. */
export const nodeServicesMax = 1_000;
/** Services of all nodes that one node keeps in memory. */
export const servicesMax = 20_000;
/** Nodes that said whether they are away. */
export const nodesMax = 20_000;
/** Services that were deregistered and are remembered, so that what comes late does not bring them back. */
export const deregisteredMax = 50_000;
/** Watches that one node serves at the same time. */
export const watchesMax = 10_000;

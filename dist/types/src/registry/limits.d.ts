/** Named bounds of the registry. Judged where services are registered; what others wrote is read by the same measure. */
/** Characters of a service's name: a label of DNS. */
export declare const serviceNameCharactersMax = 63;
/** Characters of a service's id. */
export declare const serviceIdCharactersMax = 128;
/** Characters of an address: the longest name of DNS. */
export declare const addressCharactersMax = 253;
export declare const tagsMax = 64;
export declare const tagCharactersMax = 128;
export declare const metadataEntriesMax = 64;
export declare const metadataNameCharactersMax = 128;
export declare const metadataValueCharactersMax = 1024;
export declare const checksMax = 16;
export declare const checkNameCharactersMax = 64;
export declare const urlCharactersMax = 2048;
export declare const httpHeadersMax = 32;
export declare const httpHeaderCharactersMax = 4096;
export declare const commandWordsMax = 64;
export declare const commandWordCharactersMax = 4096;
/** Runs in a row that a check may be asked to wait for. */
export declare const thresholdMax = 100;
/** Shorter, and checking would be most of what a node does. */
export declare const checkIntervalMsMin = 100;
/** A day. */
export declare const checkIntervalMsMax = 86400000;
export declare const checkIntervalMsDefault = 10000;
export declare const checkTimeoutMsDefault = 5000;
/** A year. */
export declare const deregisterAfterMsMax: number;
/** Bytes of what a check said that are kept: in UTF-8. */
export declare const checkOutputBytesMax = 1024;
/** Characters of a reason that are kept. */
export declare const reasonCharactersMax = 2048;
/** Bytes of a record of the registry: all that is registered stays in memory. */
export declare const serviceBytesMax = 131072;
/** Bytes of a definition in it: what checks say has room beside it. */
export declare const definitionBytesMax = 32768;
/** Services that one node registers. */
export declare const nodeServicesMax = 1000;
/** Services of all nodes that one node keeps in memory. */
export declare const servicesMax = 20000;
/** Nodes that said whether they are away. */
export declare const nodesMax = 20000;
/** Services that were deregistered and are remembered, so that what comes late does not bring them back. */
export declare const deregisteredMax = 50000;
/** Watches that one node serves at the same time. */
export declare const watchesMax = 10000;

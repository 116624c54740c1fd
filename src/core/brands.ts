// Names for numbers and texts that must not be mixed up. A brand costs nothing at run time: no value has it.
// It is a named property and not a symbol, so that equally branded types in other packages are compatible.
type Branded<T, Name extends string> = T & { readonly '~brand': Name };

/** Milliseconds since the Unix epoch. */
export type EpochMs = number;

/** A stream's sequence number: decimal digits, up to 129 bits. Order with `compareSequenceNumbers`. */
export type SequenceNumber = Branded<string, 'SequenceNumber'>;

/** A stream's shard id, e.g. `shardId-000000000003`. */
export type ShardId = Branded<string, 'ShardId'>;

// What the documents of Lambda leave open, each as a switch with the answer taken unless another is given. Everything else
// the emulation does is documented or recorded behaviour; docs/event-source-mapping.md tells which.

export interface OpenQuestions {
  /**
   * Rule 14: with a parallelization factor above 1, what a failing batch holds up: its own lane, or, as the documents'
   * "the affected shard" may also be read, every lane of its shard.
   */
  readonly failingBatchBlocks: 'lane' | 'shard';
  /**
   * Rule 14: how many records may wait for a lane that is busy or blocked while its siblings go on. When they are that
   * many, or as many for each lane were read since the last record that all of them have passed, the shard is not read
   * any further.
   */
  readonly laneBacklog: number;
  /** Rule 20: whether the halves of a bisected batch begin with a retry budget of their own or go on with the whole's. */
  readonly retriesAfterSplit: 'restart' | 'continue';
  /** Rule 32: whether the answer to a window's final invocation must hold a state too, though nothing becomes of it. */
  readonly finalStateRequired: boolean;
  /** Rule 36: whether filters on Kinesis may ask for a record's metadata, such as `partitionKey`, as older documents allowed. */
  readonly kinesisMetadataFilters: boolean;
  /** Section 1: filters a mapping may have; 10 where the account's quota was raised. */
  readonly maxFilters: 5 | 10;
  /** Rule 7: how long a mapping is being created before it reads; records put meanwhile are missed by LATEST. */
  readonly creationDelayMs: number;
  /** Rule 7: how long an update, enabling and disabling take until they are in effect. */
  readonly updateDelayMs: number;
}

export const USUAL_ANSWERS: OpenQuestions = Object.freeze({
  failingBatchBlocks: 'lane',
  laneBacklog: 10_000,
  retriesAfterSplit: 'restart',
  finalStateRequired: true,
  kinesisMetadataFilters: false,
  maxFilters: 5,
  creationDelayMs: 60_000,
  updateDelayMs: 30_000,
});

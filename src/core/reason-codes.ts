// Why an event is not counted among the applied: a closed set, kept in dead letters and metrics. Never rename one.

/** Every reason code, each with what it means to the person who reads a dead letter. */
export const REASON_CODES = [
  /** The data is larger than a record may be, unpacks to more than it may, or would take too much memory to parse. */
  'too-large',
  /** The data begins as gzip and cannot be unpacked: cut short, damaged, or followed by something else. */
  'gzip',
  /** The data begins as a zstd frame and cannot be unpacked. */
  'zstd',
  /** The data begins as a KPL-aggregated record and its checksum or structure is wrong. */
  'kpl',
  /** The data, unpacked, is not UTF-8 text. */
  'not-utf8',
  /** The data is text but not JSON. */
  'not-json',
  /** The data is of a form that a shape reads, and this piece of it is not. */
  'shape',
  /** The record holds more events than one record may. */
  'too-many-events',
  /** JSON, but not an object where an event should be. */
  'not-an-event',
  /** `source` is missing, no text, of the wrong length, not printable, or contradicts its envelope. */
  'source',
  /** `id` is neither a text of the right length nor an integer that is told apart from its neighbours. */
  'id',
  /** `type` is not a text of the right length. */
  'type',
  /** `time` is missing, or neither ms since the epoch nor RFC 3339 text. */
  'time',
  /** `values` is not an object, or holds too many entries, or a name has the wrong length. */
  'values',
  /**
   * No verdict: the event has its own, and counts with its other values. Some of its values were not numbers; the dead
   * letter names them.
   */
  'value-set-aside',
  /** `tags` is not an object of texts, or holds too many, or a name or text has the wrong length. */
  'tags',
  /** `time` is further ahead of the record's arrival than the pipeline allows. */
  'clock-skew',
  /** `time` is before 1990 where the record arrived after 2000: seconds taken for ms, or a clock that was never set. */
  'old-time',
  /**
   * Half of its record had been folded in when the pipeline came to cut such records in another way: whether it was among
   * them cannot be told.
   */
  'shape-changed',
  /** Valid and no duplicate, but every window it belongs to is closed. */
  'late',
  /** Valid, no duplicate and in time, but its source holds as many open windows or remembered ids as one item can. */
  'source-full',
  /**
   * No verdict yet: the state of its source cannot be read, so that what comes for the source is set aside in order, to be folded in
   * once the state is mended and `tidemill sources resume` is run.
   */
  'state-unreadable',
  /** No verdict yet: the state of its source would be larger than a table item may be. It is set aside as the one before. */
  'state-too-large',
  /** No verdict yet: of a batch that the reader of the stream gave up, read back from the failures bucket by `tidemill redrive`. */
  'given-up',
  /** No event: a change of a source's state that cannot be read; what it brought is missing in rollups. The letter keeps the state. */
  'change-unreadable',
  /** No event: a part of a rollup window that cannot be read; what a source brought to it is missing there. */
  'rollup-unreadable',
  /** No event: a part of a rollup window that has no room for further value names; those of a source are missing there. */
  'rollup-full',
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

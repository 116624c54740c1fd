// What a user writes in the `shapes` section: how telemetry in another form becomes events. docs/shapes.md has it in words.

/**
 * Where something stands: `a.b`, `a[0].b`, `a["x.y"]`; `[*]` and `*` stand for every element and every entry. Begins at
 * the part at hand; `^` is what it was split out of, `$` the whole document. `@key` is its key or index there,
 * `@partitionKey` and `@arrival` are the record's. `#2` at the end is the third piece between slashes (`topic#2`).
 */
export type PathText = string;

/**
 * A path, a template such as `"{match}/{participant}"`, several of them of which the first that is there counts, or what is
 * always the same.
 */
export type TextDefinition = PathText | readonly PathText[] | { readonly text: string };

export type TimeUnit = 's' | 'ms' | 'us' | 'ns';

/**
 * A unit since the epoch; `auto` guesses it from the size; `rfc3339`; `iso` takes a space for the T, offsets without colon and
 * texts without a zone, which `zone` must name then; or a pattern such as `dd/MM/yyyy HH:mm:ss`. Default: as an event's own `time`.
 */
export type TimeFormatText = TimeUnit | 'auto' | 'rfc3339' | 'iso' | (string & {});

export type TimeDefinition =
  | PathText
  | readonly PathText[]
  | {
      /** A path, a template, or several. `@arrival` is when the record came into the stream. */
      readonly path: TextDefinition;
      readonly as?: TimeFormatText;
      /** The zone of texts that state none: `UTC`, `+02:00`, `Europe/Berlin`. */
      readonly zone?: string;
      /** Added to it: an offset since a base. A missing one counts as none. */
      readonly plus?: { readonly path: PathText; readonly as: TimeUnit };
    };

/** What is not a number by itself, and how it becomes one. */
export interface ValueOptions {
  /** Texts: `number` reads numbers, `units` also what a unit follows (`"3.3 V"`), `skip` none. Default `number`. */
  readonly text?: 'skip' | 'number' | 'units';
  /** What texts are multiplied by for their unit, `{ "m": 0.001, "": 1 }`; texts with other units are no numbers then. Implies `text: units`. */
  readonly units?: Readonly<Record<string, number>>;
  /** Texts that stand for numbers: `{ "ON": 1, "OFF": 0 }`. */
  readonly enums?: Readonly<Record<string, number>>;
  /** Numbers and texts that stand for no value: `[-200, "N/A"]`. */
  readonly missing?: readonly (number | string)[];
  /** Numbers in texts have a comma for the point. */
  readonly decimalComma?: boolean;
  /** Elements of arrays by index (`accel.0`), or none. Default `index`. */
  readonly arrays?: 'index' | 'skip';
  /** New names by dotted name. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Dotted names left out; `*` stands for anything. */
  readonly drop?: readonly string[];
  /** Only these dotted names; `*` stands for anything. */
  readonly only?: readonly string[];
}

export type ValueDefinition =
  | PathText
  | readonly PathText[]
  | (ValueOptions & {
      readonly path: TextDefinition;
      /** The value's name, or what stands before the dotted names of what is nested; `{path}` in it is filled in. */
      readonly name?: string;
    });

/** A path (everything numeric below it), a list of them, or names with what each is. */
export type ValuesDefinition =
  | PathText
  | readonly ValueDefinition[]
  | Readonly<Record<string, ValueDefinition>>;

export type TagDefinition =
  | PathText
  | readonly PathText[]
  | { readonly text: string }
  | {
      readonly path: TextDefinition;
      readonly name?: string;
      readonly drop?: readonly string[];
      readonly only?: readonly string[];
    };

export type TagsDefinition = PathText | readonly TagDefinition[] | Readonly<Record<string, TagDefinition>>;

export interface ConditionDefinition {
  /** All of these are there. */
  readonly has?: readonly PathText[];
  /** None of these is. */
  readonly lacks?: readonly PathText[];
  /** What stands at each path is this, or one of these. */
  readonly equals?: Readonly<
    Record<PathText, string | number | boolean | null | readonly (string | number | boolean | null)[]>
  >;
  /** Partition key of the record in the stream; `*` stands for anything. */
  readonly partitionKey?: string;
  /** The HTTP door's route it came in by. */
  readonly route?: string;
}

/**
 * Cuts a document into parts: a path with `[*]` or `*`; a table of rows under columns; or `transpose`, lists of equal length side
 * by side (`{"time": […], "rain": […]}`, `[[…], […]]`), whose first elements are the first part, and so on.
 */
export type EachDefinition =
  | PathText
  | { readonly rows: PathText; readonly columns: PathText | readonly string[] }
  | { readonly transpose: PathText };

/**
 * Opens what is packed, in place: JSON in a text, base64, gzip, zlib; `pairs` makes an object of a list of keys and values
 * (`[{"key": …, "value": …}]`), `dynamodb` plain values of `{"N": "3"}`.
 */
export const OPEN_STEPS = ['json', 'base64', 'gzip', 'zlib', 'pairs', 'dynamodb'] as const;
export type OpenStep = (typeof OPEN_STEPS)[number];

export interface PartDefinition {
  /** Must be met, or one of several must: by the document in a shape, by the part in a part. */
  readonly when?: ConditionDefinition | readonly ConditionDefinition[];
  /** What meets it is no event: it is left out, and counted. */
  readonly ignore?: ConditionDefinition | readonly ConditionDefinition[];
  readonly each?: EachDefinition | readonly EachDefinition[];
  readonly open?: Readonly<Record<PathText, readonly OpenStep[]>>;
  readonly source?: TextDefinition;
  readonly id?: TextDefinition;
  readonly type?: TextDefinition;
  readonly time?: TimeDefinition;
  readonly values?: ValuesDefinition;
  readonly tags?: TagsDefinition;
  /** For every value that does not say otherwise. */
  readonly numbers?: ValueOptions;
}

/** How data becomes documents. `json` is JSON, one document a line, or one after another. */
export const SHAPE_FORMATS = [
  'json',
  'senml',
  'line-protocol',
  'csv',
  'prometheus',
  'topic-log',
  'gpx',
  'form',
  'statsd',
  'graphite',
  'opentsdb',
  'nmea',
] as const;
export type ShapeFormat = (typeof SHAPE_FORMATS)[number];

export interface ShapeDefinition extends PartDefinition {
  readonly name: string;
  /** A built-in shape whose words hold where this one has none. */
  readonly like?: string;
  /** Holds for records that arrived in the stream then or later, and before then: ISO 8601 with a zone. */
  readonly from?: string;
  readonly until?: string;
  /** Where the document proper may stand, e.g. `["result", "."]`: the first that is there. `when` and the fields begin there. */
  readonly inside?: PathText | readonly PathText[];
  /** Default `json`. */
  readonly format?: ShapeFormat;
  /** Different kinds of events out of one document; what stands beside it holds where a part has no word of its own. */
  readonly parts?: readonly PartDefinition[];
}

// A place in a document: the part at hand, what it was cut out of, and what is known of its record.

/** What is known of the record that carries a document. */
export interface RecordFacts {
  readonly partitionKey: string | undefined;
  /** When it came into the stream, ms since the epoch; undefined for a file that does not say. */
  readonly arrivalMs: number | undefined;
  /** The HTTP door's route. */
  readonly route: string | undefined;
  /** Who sent it, where that is known and not the shape's to say. */
  readonly statedSource?: string;
}

export interface Scope {
  readonly value: unknown;
  /** Where it stands in what it was cut out of. */
  readonly key: string | number | undefined;
  readonly up: Scope | undefined;
  /** Names and indexes from `up` to the list or object that `key` is of. */
  readonly via: readonly (string | number)[];
  /** `key` is the place in each of the lists there. Nothing is cut out of such a part. */
  readonly isTransposed?: true;
  readonly document: unknown;
  readonly record: RecordFacts;
}

export function documentScope(document: unknown, record: RecordFacts): Scope {
  return { value: document, key: undefined, up: undefined, via: [], document, record };
}

/** Where a part stands in its document, e.g. `frames[3].events[2]`; empty for the document itself. */
export function placeOf(scope: Scope): string {
  const { up, key } = scope;
  if (up === undefined) return '';
  const own = [...scope.via, ...(key === undefined ? [] : [key])].map(stepText).join('');
  const place = `${placeOf(up)}${own}`;
  return place.startsWith('.') ? place.slice(1) : place;
}

function stepText(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[^.[\]{}#"\s]{1,64}$/.test(step) ? `.${step}` : `[${JSON.stringify(step.slice(0, 64))}]`;
}

// Which dead letters can be put back, and into which source each: what was quarantined is read again, as it is or corrected; what
// a batch held that was given up is read already.
import { tagsAt } from '../../src/core/device-history.ts';
import { withDeviceTags } from '../../src/core/device-tags.ts';
import type { TelemetryEvent } from '../../src/core/event.ts';
import type { LetterMapping } from '../../src/core/letter-mapping.ts';
import { applyLetterMapping } from '../../src/core/letter-mapping.ts';
import { askedStates } from '../../src/core/pipeline/asked-states.ts';
import { askedTags } from '../../src/core/pipeline/asked-tags.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { compareSequenceNumbers } from '../../src/core/sequence-number.ts';
import { shapesAt } from '../../src/core/shape/cutting.ts';
import type { Shape } from '../../src/core/shape/shape.ts';
import type { DeadLetter, DeadLetters } from '../../src/stores/dead-letters.ts';
import { COUNTED_AS } from '../../src/stores/letter-counts.ts';
import type { SourceStates } from '../../src/stores/source-states.ts';
import { decodeRecord } from '../../src/wire/record-codec.ts';
import { SkippedPaths } from '../../src/wire/shapes/skipped-paths.ts';
import type { Candidate, LeftFor } from './redrive-source.ts';
import { redriveSource } from './redrive-source.ts';
import type { KnownDevices } from './tag-devices.ts';

export interface RedriveDeps {
  /** The one that is deployed. */
  readonly pipeline: Pipeline;
  readonly states: SourceStates;
  readonly deadLetters: DeadLetters;
  /** Where the pipeline asks for the table's tags. */
  readonly devices?: KnownDevices | undefined;
  /** After each source. */
  readonly onProgress?: (done: number, of: number) => void;
}

export interface RedriveOptions {
  /** Which letters; default: all that can be put back. */
  readonly pick?: (letter: DeadLetter) => boolean;
  readonly mapping?: LetterMapping | undefined;
  readonly doubtful?: boolean;
  /** Only says what would be tried. */
  readonly dryRun?: boolean;
}

/** Why a letter is left: beside what folding says, what shows before it. */
export type Left = LeftFor | 'still-unreadable' | 'other-source';

export interface RedriveTotals {
  /** Letters looked at. */
  readonly letters: number;
  readonly sources: number;
  readonly applied: number;
  readonly duplicate: number;
  readonly late: number;
  readonly left: Readonly<Partial<Record<Left, number>>>;
  /** The first few of those left that somebody can do something about. */
  readonly first: readonly { readonly why: Left; readonly letter: DeadLetter; readonly detail: string }[];
}

const SHOWN = 10;

/** Repeating it is safe, also after it was killed. @throws StoreError, or Error for a write that failed */
export async function redriveLetters(
  deps: RedriveDeps,
  options: RedriveOptions = {},
): Promise<RedriveTotals> {
  const sums = new Sums();
  const bySource = new Map<string, Candidate[]>();
  for await (const letter of deps.deadLetters.list()) {
    if (!isRedrivable(letter) || options.pick?.(letter) === false) continue;
    sums.letters += 1;
    const read = readLetter(letter, deps.pipeline, options.mapping);
    if (read.kind === 'left') sums.leave(read.why, letter, read.detail);
    else {
      const candidates = bySource.get(read.event.source) ?? [];
      bySource.set(read.event.source, candidates);
      candidates.push({ letter, event: read.event });
    }
  }
  sums.sources = bySource.size;
  if (options.dryRun === true) return sums.totals();
  let done = 0;
  for (const [source, candidates] of bySource) {
    const tagged = await withTags(source, candidates, deps);
    const report = await redriveSource(source, tagged.sort(inStreamOrder), {
      ...deps,
      ...(options.doubtful === undefined ? {} : { doubtful: options.doubtful }),
    });
    sums.add(report.became);
    for (const { candidate, why } of report.left) sums.leave(why, candidate.letter, candidate.letter.detail);
    done += 1;
    deps.onProgress?.(done, bySource.size);
  }
  return sums.totals();
}

/** Not what has its verdict (late, values set aside), waits for its source, or is no event. */
export function isRedrivable({ reason }: DeadLetter): boolean {
  const counted = COUNTED_AS.get(reason) ?? 'quarantined';
  return counted === 'quarantined' || counted === 'refused' || counted === 'givenUp';
}

/** As the reader of the stream gives them: what is known of their device, by when their records arrived. */
async function withTags(
  source: string,
  candidates: readonly Candidate[],
  { pipeline, devices }: Pick<RedriveDeps, 'pipeline' | 'devices'>,
): Promise<Candidate[]> {
  const isAsked = pipeline.deviceTable && devices !== undefined;
  const history = (isAsked ? await devices.load([source]) : undefined)?.get(source) ?? [];
  // Nobody is there to be told of tags that an event has no room for.
  const leftOut = () => undefined;
  return candidates.map(({ letter, event }) => {
    const defined = withDeviceTags(event, pipeline.devices.get(source), leftOut);
    return { letter, event: withDeviceTags(defined, tagsAt(history, letter.arrivalMs), leftOut) };
  });
}

/** Those first that held when the record arrived. What none of them reads one that was made since may. */
function shapesFor(shapes: readonly Shape[], arrivalMs: number): readonly Shape[] {
  const holding = shapesAt(shapes, arrivalMs);
  return [...holding, ...shapes.filter((shape) => !holding.includes(shape))];
}

type ReadLetter =
  | { readonly kind: 'event'; readonly event: TelemetryEvent }
  | { readonly kind: 'left'; readonly why: Left; readonly detail: string };

function readLetter(
  letter: DeadLetter,
  { shapes, aggregations }: Pipeline,
  mapping: LetterMapping | undefined,
): ReadLetter {
  const { payload, arrivalMs } = letter;
  const isText = payload.encoding !== 'base64';
  // What was given up was good as it came.
  const isMapped = isText && mapping !== undefined && letter.reason !== 'given-up';
  const mapped = isMapped ? mapText(payload.body, mapping, arrivalMs) : payload.body;
  const data = isText ? Buffer.from(mapped).toString('base64') : mapped;
  const record = { partitionKey: undefined, arrivalMs, route: undefined };
  const states = askedStates({ aggregations });
  const shaping =
    shapes.length === 0
      ? undefined
      : {
          shapes: shapesFor(shapes, arrivalMs),
          skipped: new SkippedPaths(),
          askedTags: askedTags({ aggregations }),
          states,
          record,
        };
  const [item, ...others] = decodeRecord(data, shaping, states);
  if (item === undefined || others.length > 0) {
    const detail = `found ${others.length === 0 ? 'no' : others.length + 1} events, expected one: put the record itself into the stream again`;
    return { kind: 'left', why: 'still-unreadable', detail };
  }
  if (item.kind === 'quarantined') return { kind: 'left', why: 'still-unreadable', detail: item.detail };
  if (letter.countedBySource === true && letter.source !== item.event.source) {
    const detail = `its source ${JSON.stringify(letter.source)} has it in its books: found ${JSON.stringify(item.event.source)}, expected the same`;
    return { kind: 'left', why: 'other-source', detail };
  }
  return { kind: 'event', event: item.event };
}

function mapText(body: string, mapping: LetterMapping, arrivalMs: number): string {
  try {
    return JSON.stringify(applyLetterMapping(JSON.parse(body), mapping, arrivalMs));
  } catch (error) {
    if (error instanceof SyntaxError) return body;
    throw error;
  }
}

function inStreamOrder(a: Candidate, b: Candidate): number {
  return (
    a.letter.arrivalMs - b.letter.arrivalMs ||
    compareSequenceNumbers(a.letter.at.sequence, b.letter.at.sequence) ||
    a.letter.at.index - b.letter.at.index
  );
}

class Sums {
  letters = 0;
  sources = 0;
  readonly #became = { applied: 0, duplicate: 0, late: 0 };
  readonly #left = new Map<Left, number>();
  readonly #first: { why: Left; letter: DeadLetter; detail: string }[] = [];

  add(became: { readonly applied: number; readonly duplicate: number; readonly late: number }): void {
    this.#became.applied += became.applied;
    this.#became.duplicate += became.duplicate;
    this.#became.late += became.late;
  }

  leave(why: Left, letter: DeadLetter, detail: string): void {
    this.#left.set(why, (this.#left.get(why) ?? 0) + 1);
    if (why !== 'already' && this.#first.length < SHOWN) this.#first.push({ why, letter, detail });
  }

  totals(): RedriveTotals {
    const { letters, sources } = this;
    return { letters, sources, ...this.#became, left: Object.fromEntries(this.#left), first: this.#first };
  }
}

// Plays what is dropped into the bucket: told of each file as it comes, and looking every minute at what is not done yet.
import type { InvocationContext } from '../../src/host/function-host.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import { nameOfKey, underWayKey } from './incoming-keys.ts';
import { type PlayDeps, type Played, playFile, refuseForGood } from './play-file.ts';
import { type TakenTask, UnderWay } from './under-way.ts';

/** What S3 says by way of EventBridge; anything else, a schedule's event too, is a look at what is not done yet. */
export interface IncomingEvent {
  readonly 'detail-type'?: string;
  readonly detail?: { readonly object?: { readonly key?: string; readonly etag?: string } };
}

export interface IncomingDeps extends Omit<PlayDeps, 'hasTime'> {
  readonly log: Log;
  readonly meter: Meter;
}

export interface IncomingSums {
  readonly files: number;
  readonly refusedFiles: number;
  readonly unfinishedFiles: number;
  readonly incomingEvents: number;
  readonly quarantinedLines: number;
}

/** A chunk and its note take seconds; what a run has left of its time when it lets go. */
const LEFT_FOR_THE_LAST_MS = 90_000;
/** Runs of one file in which nothing of it came into the stream: more, and something is wrong with it that it cannot say. */
const MAX_TRIES = 1_000;

export function createIncoming(deps: IncomingDeps) {
  return async (event: IncomingEvent, context: InvocationContext): Promise<IncomingSums> => {
    const untilMs = deps.clock.nowMs() + context.getRemainingTimeInMillis();
    const hasTime = () => context.getRemainingTimeInMillis() > LEFT_FOR_THE_LAST_MS;
    const run = new Run(deps, untilMs, hasTime);
    if (event['detail-type'] === 'Object Created') await run.dropped(event);
    else await run.goOn();
    deps.meter.publish({ ...run.sums });
    return run.sums;
  };
}

class Run {
  readonly sums = {
    files: 0,
    refusedFiles: 0,
    unfinishedFiles: 0,
    incomingEvents: 0,
    quarantinedLines: 0,
  };
  readonly #deps: IncomingDeps;
  readonly #underWay: UnderWay;
  readonly #untilMs: number;
  readonly #hasTime: () => boolean;

  constructor(deps: IncomingDeps, untilMs: number, hasTime: () => boolean) {
    this.#deps = deps;
    this.#underWay = new UnderWay(deps.bucket);
    this.#untilMs = untilMs;
    this.#hasTime = hasTime;
  }

  async dropped({ detail }: IncomingEvent): Promise<void> {
    const { key, etag } = detail?.object ?? {};
    if (typeof key !== 'string' || typeof etag !== 'string')
      throw new Error(`found ${JSON.stringify(detail)}, expected an object's key and etag`);
    const name = nameOfKey(key);
    if (name === undefined) return;
    const task = await this.#underWay.begin(underWayKey(name, etag), name, this.#untilMs);
    if (task !== undefined) await this.#play(task);
  }

  /** One file that fails does not hold up the others. */
  async goOn(): Promise<void> {
    const failures: unknown[] = [];
    for await (const key of this.#underWay.waiting()) {
      if (!this.#hasTime()) break;
      try {
        const task = await this.#underWay.take(key, this.#deps.clock.nowMs(), this.#untilMs);
        if (task !== undefined) await this.#play(task);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, `${failures.length} files failed: ${failures[0]}`);
  }

  async #play(task: TakenTask): Promise<void> {
    let played: Played;
    try {
      const deps = { ...this.#deps, hasTime: this.#hasTime };
      played = await (task.tries > MAX_TRIES ? refuseForGood(task.file, deps) : playFile(task.file, deps));
    } catch (error) {
      await this.#underWay.release(task, false);
      throw error;
    }
    if (played.kind === 'unfinished') {
      this.sums.unfinishedFiles += 1;
      this.sums.incomingEvents += played.events;
      await this.#underWay.release(task, played.events > 0);
      return;
    }
    this.#count(task.file, played);
    await this.#underWay.end(task);
  }

  #count(file: string, played: Exclude<Played, { kind: 'unfinished' }>): void {
    const { log } = this.#deps;
    this.sums.files += 1;
    if (played.kind === 'gone') {
      log.warn('a dropped file is no longer there', { file });
      return;
    }
    const { outcome, problem, contents, playedAs } = played.report;
    if (outcome === 'refused') {
      this.sums.refusedFiles += 1;
      log.error('a dropped file was refused', { file, problem });
      return;
    }
    this.sums.incomingEvents += played.events;
    this.sums.quarantinedLines += contents?.quarantined.count ?? 0;
    log.info('a dropped file was played', { file, playedAs, contents });
  }
}

// How a device of a run behaves.
export interface PlannedSource {
  readonly name: string;
  /** Its partition key: several behind one gateway share one. undefined: each record has one of its own, at random. */
  readonly key: string | undefined;
  readonly everyMs: number;
  /** How far its clock is off. */
  readonly clockOffMs: number;
  /** What its clock ticks in: on a coarse one stamps stand exactly where windows, gaps and horizons end. */
  readonly tickMs: number;
  readonly ids: 'none' | 'counter' | 'text' | 'few';
  readonly delayMs: number;
  readonly delayedShare: number;
  readonly doubledShare: number;
  readonly brokenShare: number;
  readonly eventsPerRecord: number;
  readonly form: 'event' | 'array' | 'envelope';
  readonly gzip: boolean;
  readonly wildValues: boolean;
  /** Part of the run in which it only keeps what it measures; from 0 to 1. */
  readonly silent: { readonly from: number; readonly to: number } | undefined;
  /** How often its tags change. */
  readonly movingShare: number;
  /** Events so large that one write cannot carry many late ones. */
  readonly isHeavy: boolean;
}

// What is said of a file that was dropped: the same whenever it is said, so that neither clock nor number of runs stands in it.
import type { FileCheck } from './check-file.ts';

export interface IncomingReport {
  readonly tidemill: 'incoming report';
  readonly version: 1;
  /** Its name below `incoming/`. */
  readonly file: string;
  /** Hash of the file as it was dropped; undefined if it was too large to be looked at. */
  readonly sha256: string | undefined;
  /** Bytes, as it was dropped. */
  readonly size: number;
  /** `played`: all its events are in the stream. `refused`: nothing of it was put there, unless `sent` says so. */
  readonly outcome: 'played' | 'refused';
  /** Why it was refused. */
  readonly problem?: IncomingProblem;
  /** For a refused file: how many of its events were in the stream by then. */
  readonly sent?: number;
  /** The first file of this content: its events counted then, and were not put into the stream again. */
  readonly playedAs?: string;
  readonly contents?: Omit<FileCheck, 'quarantine' | 'digest'>;
  /** Key of the lines that are no events, each with its reason. */
  readonly quarantine?: string;
}

export interface IncomingProblem {
  readonly code: string;
  /** What was found, what was expected, and where. */
  readonly detail: string;
}

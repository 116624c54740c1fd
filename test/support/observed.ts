import type { Counts, Log, Meter } from '../../src/platform/observe.ts';

/** What a consumer said of its work, kept for looking at. */
export class Observed {
  readonly published: Counts[] = [];
  readonly lines: { readonly level: string; readonly message: string; readonly fields: object }[] = [];
  readonly meter: Meter = { publish: (counts) => this.published.push(counts) };
  readonly log: Log = {
    info: (message, fields) => this.lines.push({ level: 'info', message, fields }),
    warn: (message, fields) => this.lines.push({ level: 'warn', message, fields }),
    error: (message, fields) => this.lines.push({ level: 'error', message, fields }),
  };

  latest(): Counts {
    return this.published.at(-1) ?? {};
  }

  sum(metric: string): number {
    return this.published.reduce((total, counts) => total + (counts[metric] ?? 0), 0);
  }
}

// Reads a dropped file through before anything of it is played: what it holds, and what of it is no event.
import { createHash } from 'node:crypto';
import type { IncomingForm, OpenedFile } from './read-incoming.ts';

export interface FileCheck {
  readonly form: IncomingForm;
  readonly events: number;
  /** Events that were given an id by their place in the file. */
  readonly withoutId: number;
  /** RFC 3339 */
  readonly times: { readonly first: string; readonly last: string } | undefined;
  readonly quarantined: {
    readonly count: number;
    /** How many of them are in the quarantine's file. */
    readonly listed: number;
    readonly reasons: readonly {
      readonly reason: string;
      readonly count: number;
      /** Detail of the first event with this reason. */
      readonly detail: string;
    }[];
  };
  /** What is no event, a line of JSON each. */
  readonly quarantine: Uint8Array;
  /** Digest of everything read from the file, in order: a different one means that the file is read differently. */
  readonly digest: string;
}

/** What the quarantine's file may hold; what is beyond it is counted by reason. */
const MAX_QUARANTINE_BYTES = 16 * 1024 * 1024;

/** @throws RecordingError */
export async function checkFile({ form, items }: OpenedFile): Promise<FileCheck> {
  const hash = createHash('sha256');
  const quarantine = new Quarantine();
  const sum = { events: 0, withoutId: 0 };
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for await (const item of items) {
    hash.update(JSON.stringify(item));
    if (item.kind === 'bad') {
      quarantine.add(item);
      continue;
    }
    sum.events += 1;
    if (item.event.id === undefined) sum.withoutId += 1;
    first = Math.min(first, item.event.time);
    last = Math.max(last, item.event.time);
  }
  const times = sum.events === 0 ? undefined : { first: textOf(first), last: textOf(last) };
  return {
    form,
    ...sum,
    times,
    quarantined: quarantine.counts(),
    quarantine: quarantine.lines(),
    digest: hash.digest('hex'),
  };
}

const textOf = (timeMs: number) => new Date(timeMs).toISOString();

class Quarantine {
  readonly #reasons = new Map<string, { count: number; readonly detail: string }>();
  readonly #lines: Buffer[] = [];
  #bytes = 0;
  #count = 0;

  add({ reason, detail, body }: { reason: string; detail: string; body: string }): void {
    this.#count += 1;
    const known = this.#reasons.get(reason);
    if (known === undefined) this.#reasons.set(reason, { count: 1, detail });
    else known.count += 1;
    if (this.#bytes >= MAX_QUARANTINE_BYTES) return;
    const line = Buffer.from(`${JSON.stringify({ reason, detail, body })}\n`);
    this.#lines.push(line);
    this.#bytes += line.length;
  }

  counts(): FileCheck['quarantined'] {
    const reasons = [...this.#reasons].map(([reason, { count, detail }]) => ({ reason, count, detail }));
    return { count: this.#count, listed: this.#lines.length, reasons };
  }

  lines(): Uint8Array {
    return Buffer.concat(this.#lines);
  }
}

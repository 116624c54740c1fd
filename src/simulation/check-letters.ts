// What stands in the dead letters: each late and each bad event, and what is set aside of a good one, once, under its place,
// and nothing else.
import { DEAD_LETTERS_TABLE } from '../platform/names.ts';
import type { TableChange } from '../stores/memory-table.ts';
import { textOf } from '../stores/table.ts';
import type { SourcesCheck } from './check-sources.ts';
import { type Arrival, type ExpectedStream, setAsidePlace } from './expected-stream.ts';
import type { ReferenceVerdict } from './reference-model.ts';
import { hold, holdSame } from './violation.ts';

export const LAW_OF_LETTERS = 'each late and each bad event has one dead letter, and no other has any';

export class LettersCheck {
  /** Reasons by place, as they stand. */
  readonly stored = new Map<string, string>();
  /** Places of the events that are late. */
  readonly late = new Set<string>();
  readonly #stream: ExpectedStream;
  readonly #sources: SourcesCheck;

  constructor(stream: ExpectedStream, sources: SourcesCheck) {
    this.#stream = stream;
    this.#sources = sources;
  }

  noteVerdict({ place }: Arrival, { verdict }: ReferenceVerdict): void {
    if (verdict === 'late') this.late.add(place);
  }

  changed({ eventName, keys, newImage }: TableChange): void {
    // The simulation has one stream, which the key names behind the sequence number.
    const [record = ''] = (textOf(keys, DEAD_LETTERS_TABLE.partitionKey) ?? '').split('@');
    const place = `${record}:${Number.parseInt(textOf(keys, DEAD_LETTERS_TABLE.sortKey) ?? '', 10)}`;
    const owner = textOf(newImage ?? {}, 'source') ?? '';
    // What was given up may have become a letter before; what was put back makes its letters anew.
    const { uncertain, restored } = this.#sources;
    const mayChange = eventName === 'INSERT' || uncertain.has(owner) || restored.has(owner);
    hold(LAW_OF_LETTERS, mayChange, () => `${place}: found ${eventName} of it, expected none`);
    const reason = textOf(newImage ?? {}, 'reason') ?? '';
    if (reason === 'value-set-aside') {
      this.stored.set(setAsidePlace(place), reason);
      hold(LAW_OF_LETTERS, this.#stream.setAside.has(place), () => {
        return `${place}: found values of it set aside, expected all to count`;
      });
      return;
    }
    this.stored.set(place, reason);
    const source = textOf(newImage ?? {}, 'source') ?? '';
    if (reason !== 'late') {
      if (this.#sources.uncertain.has(source)) return;
      holdSame(LAW_OF_LETTERS, `${place}, reason`, reason, this.#stream.quarantined.get(place));
      return;
    }
    const isLate = this.late.has(place) || this.#sources.uncertain.has(source);
    hold(LAW_OF_LETTERS, isLate, () => `${place} of ${source}: found it late, expected otherwise`);
  }
}

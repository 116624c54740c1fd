// Makes the events of a record that has been read, and hands them on in order.
import type { ItemSink } from '../decoded-item.ts';
import { hand, needsText } from '../hand-event.ts';
import { keepPart } from './keep-part.ts';
import type { Origin, Pending } from './pending.ts';
import { placeOf, type Scope } from './scope.ts';
import { judge, shapePart } from './shape-part.ts';
import type { Shaping } from './shaping.ts';

interface Handing {
  readonly shaping: Shaping;
  readonly sink: ItemSink;
  readonly letters: Letters;
}

export function handPending(pending: Pending, { shaping, sink, letters }: Handing): void {
  const index = sink.count;
  if (pending.kind === 'unreadable') {
    const payload = { encoding: 'utf8', body: pending.text } as const;
    sink.addQuarantined({ index, kind: 'quarantined', ...pending.refusal, source: undefined, payload });
    return;
  }
  if (pending.kind === 'own') {
    const { validation, origin } = pending;
    hand(validation, needsText(validation) ? origin() : '', sink);
    return;
  }
  const { shape, part, scope, origin } = pending;
  const shaped = shapePart(part, scope, { shape: shape.name, skipped: shaping.skipped });
  const validation = judge(shaped);
  if (validation.kind === 'valid') {
    sink.addEvent(validation.event);
    return;
  }
  const { reason, source } = validation;
  const place = placeOf(scope);
  const { payload, note } = letters.payloadOf(origin, scope, shape.format === 'json');
  const detail = `shape ${shape.name}${place === '' ? '' : ` at ${place}`}: ${validation.detail}${note}`;
  sink.addQuarantined({ index, kind: 'quarantined', reason, detail, source, payload });
}

/** Characters that the letters of one record may hold and take to be cut: 10,000 parts of 1 MiB would be 10 GB. */
const MAX_LETTER_CHARACTERS = 16 * 1024 * 1024;

export class Letters {
  #left = MAX_LETTER_CHARACTERS;

  /** The document with this part alone; beyond the bound only where the part stands. */
  payloadOf(origin: Origin, scope: Scope, isJson: boolean) {
    const text = origin();
    this.#left -= text.length;
    if (this.#left < 0) {
      const body = JSON.stringify({ place: placeOf(scope) });
      const note = '; the payload is left out: the dead letters of this record hold as much as they may';
      return { payload: { encoding: 'json', body } as const, note };
    }
    if (!isJson) return { payload: { encoding: 'utf8', body: text } as const, note: '' };
    return { payload: { encoding: 'json', body: keepPart(text, scope) } as const, note: '' };
  }
}

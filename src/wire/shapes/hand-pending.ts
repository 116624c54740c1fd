// Makes the events of a record that has been read, and hands them on in order.
import type { TelemetryEvent } from '../../core/event.ts';
import type { Shape } from '../../core/shape/shape.ts';
import type { ItemSink } from '../decoded-item.ts';
import { hand, needsText } from '../hand-event.ts';
import { keepPart } from './keep-part.ts';
import type { Found, Origin } from './pending.ts';
import { routedText, withRoute } from './routed-document.ts';
import { placeOf, type Scope } from './scope.ts';
import { judge, type ShapedPart, shapePart, shortId } from './shape-part.ts';
import { notesOf, type Shaping } from './shaping.ts';

interface Handing {
  readonly shaping: Shaping;
  readonly sink: ItemSink;
  readonly letters: Letters;
  /** Further events of parts that the record may have. */
  readonly pieces: { left: number };
}

export function handPending(pending: Found, handing: Handing): void {
  const { shaping, sink, letters } = handing;
  const { index } = sink;
  if (pending.kind === 'unreadable') {
    const { text, routed, refusal } = pending;
    const encoding = routed === undefined ? 'utf8' : 'json';
    const payload = { encoding, body: routed?.body ?? text } as const;
    sink.addQuarantined({ index, kind: 'quarantined', ...refusal, source: routed?.source, payload });
    return;
  }
  if (pending.kind === 'own') {
    const { validation, origin, record } = pending;
    hand(validation, needsText(validation) ? withRoute(origin(), record) : '', sink);
    return;
  }
  const { shape, part, scope, origin } = pending;
  const shaped = shapePart(part, scope, notesOf(shape, shaping));
  const validation = judge(shaped);
  if (validation.kind === 'valid') {
    sink.addEvent(validation.event);
    handFurther(validation.event, shaped.further, shape, handing);
    return;
  }
  const { reason, source } = validation;
  const place = placeOf(scope);
  const { payload, note } = letters.payloadOf(origin, scope, shape.format === 'json');
  const detail = `shape ${shape.name}${place === '' ? '' : ` at ${place}`}: ${validation.detail}${note}`;
  sink.addQuarantined({ index, kind: 'quarantined', reason, detail, source, payload });
}

/** Values beyond what one event may hold: as further events of the same source and time. */
function handFurther(
  event: TelemetryEvent,
  further: ShapedPart['further'],
  { name }: Shape,
  { shaping, sink, pieces }: Handing,
): void {
  for (const [at, values] of further.entries()) {
    if (pieces.left <= 0) {
      for (const value of Object.keys(values)) shaping.skipped.add(name, value, 'too many');
      continue;
    }
    pieces.left -= 1;
    const id = event.id === undefined ? undefined : shortId(`${event.id}~${at + 1}`);
    const { states: _, ...rest } = event;
    sink.addPiece({ ...rest, id, values }, at + 1);
  }
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
    if (!isJson && scope.record.route === undefined)
      return { payload: { encoding: 'utf8', body: text } as const, note: '' };
    if (!isJson)
      return { payload: { encoding: 'json', body: routedText(text, scope.record) } as const, note: '' };
    return {
      payload: { encoding: 'json', body: withRoute(keepPart(text, scope), scope.record) } as const,
      note: '',
    };
  }
}

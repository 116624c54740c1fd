// Finds the events to be in a document: in its own form where it is one, else by the first shape that matches.
import { quote } from '../../core/describe-found.ts';
import { isObject, isSource } from '../../core/event-rules.ts';
import { PIECE_STEP } from '../../core/record-index.ts';
import type { Shape } from '../../core/shape/shape.ts';
import { type Validation, validateEvent } from '../../core/validate-event.ts';
import { elementTexts, memberText } from '../element-texts.ts';
import { candidateTexts, isEnvelope } from '../hand-event.ts';
import { UnpackBudget } from '../unpack-budget.ts';
import { cutParts } from './cut-parts.ts';
import { type Document, documentsOf } from './documents.ts';
import { firstAt } from './find.ts';
import { meets } from './meets.ts';
import { openPlaces } from './open-places.ts';
import { withDoubles } from './parse-exactly.ts';
import type { Found, Origin, Pending } from './pending.ts';
import { type ResolvedRecord, resolveSenml } from './resolve-senml.ts';
import { encodedText, routedDocument, routedText, withRoute } from './routed-document.ts';
import { documentScope, type RecordFacts, type Scope } from './scope.ts';
import { notesOf, type Shaping } from './shaping.ts';

export interface Gathering {
  readonly shaping: Shaping;
  readonly into: Pending[];
  readonly most: number;
  /** Parts so far, with those that are no events. */
  places: number;
  /** Long integers in the document at hand are bigints. */
  hasBigints?: boolean;
}

/** Lists in lists are looked into so deep. */
const MAX_LIST_DEPTH = 4;

/** False when the events would be more than `most`. */
export function gather(document: Document, gathering: Gathering): boolean {
  if (document.kind === 'unreadable') return add(document, gathering);
  const { value, origin } = document;
  if (document.kind === 'value') {
    gathering.hasBigints = document.hasBigints;
    return gatherStated(value, origin, gathering);
  }
  return gatherShaped(document.shape, documentScope(value, gathering.shaping.record), origin, gathering);
}

/** Where the document states whose it is, its shape has no say in that. */
function gatherStated(value: unknown, origin: Origin, gathering: Gathering): boolean {
  const { shaping } = gathering;
  const { record } = shaping;
  const routed = routedDocument(value, origin);
  if (routed !== undefined) {
    const { document, route, source: statedSource } = routed;
    const inner = { ...gathering, shaping: { ...shaping, record: { ...record, route, statedSource } } };
    const isWhole =
      typeof document === 'string'
        ? gatherEncoded(document, inner)
        : gatherValue(document, routed.origin, inner, 0);
    gathering.places = inner.places;
    return isWhole;
  }
  const statedSource = sourceBesideEvents(value);
  if (statedSource === undefined) return gatherValue(value, origin, gathering, 0);
  const inner = { ...gathering, shaping: { ...shaping, record: { ...record, statedSource } } };
  const isWhole = gatherValue(value, origin, inner, 0);
  gathering.places = inner.places;
  return isWhole;
}

/** The payload of a message, as the MQTT door encodes it: whatever a record may hold. */
function gatherEncoded(document: string, gathering: Gathering): boolean {
  const { shaping, most } = gathering;
  const text = encodedText(document);
  const detail = `document: found ${quote(document)}, expected base64 of a text`;
  const { record } = shaping;
  const source = record.statedSource;
  if (text === undefined) {
    const refusal = { reason: 'not-utf8', detail } as const;
    const routed = { source, body: withRoute(JSON.stringify(document), record) };
    return add({ kind: 'unreadable', refusal, text: document, routed }, gathering);
  }
  const found = documentsOf(text, {
    shapes: shaping.shapes,
    record: shaping.record,
    most: most + 1,
    budget: new UnpackBudget(),
  });
  const routedOf = (own: string) => ({ source, body: routedText(own, record) });
  if (found.kind === 'refused')
    return add({ kind: 'unreadable', refusal: found.refusal, text, routed: routedOf(text) }, gathering);
  return found.documents.every((each) => {
    if (each.kind === 'unreadable') return add({ ...each, routed: routedOf(each.text) }, gathering);
    if (each.kind === 'value') {
      gathering.hasBigints = each.hasBigints;
      return gatherValue(each.value, each.origin, gathering, 0);
    }
    return gatherShaped(each.shape, documentScope(each.value, shaping.record), each.origin, gathering);
  });
}

/** The source of `{"source": …, "events": […]}`, as the HTTP door writes it; undefined for anything with other members. */
function sourceBesideEvents(value: unknown): string | undefined {
  if (!isEnvelope(value) || !isSource(value.source)) return undefined;
  return Object.keys(value).length === 2 ? value.source : undefined;
}

function gatherValue(value: unknown, origin: Origin, gathering: Gathering, depth: number): boolean {
  const { shaping } = gathering;
  const { record } = shaping;
  const isList = Array.isArray(value);
  const { statedSource } = record;
  const { states } = shaping;
  const validation =
    isList || !isOwnForm(value, record)
      ? undefined
      : validateEvent(plain(value, gathering), { statedSource, states });
  if (validation?.kind === 'valid') return add({ kind: 'own', validation, origin, record }, gathering);
  if (!isList && isOwnEnvelope(value, record)) return gatherOwn(value, origin, gathering);
  for (const shape of shaping.shapes) {
    if (shape.takesLists !== isList) continue;
    if (shape.format === 'senml') {
      const records = resolveSenml(plain(value, gathering), record.arrivalMs);
      if (records?.some((each) => meets(shape.when, documentScope(each.value, record))) === true)
        return records.every((each) => gatherSenml(shape, each, gathering));
    } else if (shape.format === 'json') {
      const scope = insideOf(shape, documentScope(value, record));
      if (scope !== undefined && meets(shape.when, scope))
        return gatherShaped(shape, scope, origin, gathering);
    }
  }
  if (isList && depth < MAX_LIST_DEPTH) return gatherElements(value, origin, gathering, depth);
  return gatherOwn(value, origin, gathering);
}

function gatherSenml(shape: Shape, { value, text }: ResolvedRecord, gathering: Gathering): boolean {
  const scope = documentScope(value, gathering.shaping.record);
  if (meets(shape.when, scope)) return gatherShaped(shape, scope, () => text, gathering);
  const detail = `shape ${shape.name}: found ${quote(text)}, expected what meets its "when"`;
  return add({ kind: 'unreadable', refusal: { reason: 'shape', detail }, text }, gathering);
}

function gatherElements(
  elements: readonly unknown[],
  origin: Origin,
  gathering: Gathering,
  depth: number,
): boolean {
  let texts: readonly string[] | undefined;
  const textAt = (at: number) => {
    texts ??= elementTexts(origin());
    return texts[at] ?? '';
  };
  for (let at = 0; at < elements.length; at += 1) {
    if (!gatherValue(elements[at], () => textAt(at), gathering, depth + 1)) return false;
  }
  return true;
}

/** What no shape takes is judged as an event in its own form, or as several under one source. */
function gatherOwn(value: unknown, origin: Origin, gathering: Gathering): boolean {
  const { statedSource } = gathering.shaping.record;
  if (!isEnvelope(value)) return addOwn(value, origin, statedSource, gathering);
  const { events, source = statedSource } = value;
  let texts: readonly string[] | undefined;
  const textAt = (at: number) => {
    const text = origin();
    texts ??= candidateTexts(
      memberText(text, 'events') === undefined ? `{"events":${text}}` : text,
      events,
      source,
    );
    return texts[at] ?? '';
  };
  for (let at = 0; at < events.length; at += 1) {
    if (!addOwn(events[at], () => textAt(at), source, gathering)) return false;
  }
  return true;
}

function addOwn(value: unknown, origin: Origin, statedSource: unknown, gathering: Gathering): boolean {
  const { record, states } = gathering.shaping;
  const validation = validateOwn(plain(value, gathering), { statedSource, record, states });
  if (validation.kind === 'valid') return add({ kind: 'own', validation, origin, record }, gathering);
  const tried = gathering.shaping.shapes
    .map(({ name }) => name)
    .join(', ')
    .slice(0, 200);
  const detail = `${validation.detail}; no shape matches (${tried})`;
  return add({ kind: 'own', validation: { ...validation, detail }, origin, record }, gathering);
}

/** With its numbers as all JSON is read: an event in its own form has them so. */
function plain(value: unknown, { hasBigints }: Gathering): unknown {
  return hasBigints === true ? withDoubles(value) : value;
}

/** An envelope within a request of a route may not state another source than its token's. */
function validateOwn(
  value: unknown,
  { statedSource, record, states }: Pick<Shaping, 'record' | 'states'> & { readonly statedSource: unknown },
): Validation {
  const validation = validateEvent(value, { statedSource, states });
  const { statedSource: known } = record;
  if (validation.kind === 'invalid' || known === undefined || validation.event.source === known)
    return validation;
  const detail = `source: found ${quote(validation.event.source)}, expected none or ${quote(known)}`;
  return { kind: 'invalid', reason: 'source', detail, source: undefined };
}

function gatherShaped(shape: Shape, scope: Scope, origin: Origin, gathering: Gathering): boolean {
  const { into, most } = gathering;
  const notes = notesOf(shape, gathering.shaping);
  openPlaces(shape.open, scope, notes);
  let found = 0;
  for (const part of shape.parts) {
    const scopes: Scope[] = [];
    if (!cutParts(part.each, scope, scopes, most - into.length)) return false;
    for (const each of scopes) {
      const isMet = meets(part.when, each);
      if (isMet) found += 1;
      const isIgnored = isMet && part.ignore !== undefined && meets(part.ignore, each);
      if (isIgnored) notes.skipped.add(shape.name, '', 'ignored');
      if (!isMet || isIgnored) {
        gathering.places += 1;
        continue;
      }
      openPlaces(
        part.open.filter(({ path }) => path.from === 0),
        each,
        notes,
      );
      if (!add({ kind: 'part', shape, part, scope: each, origin }, gathering)) return false;
    }
  }
  if (found === 0) notes.skipped.add(shape.name, '', 'no parts');
  return true;
}

/** Where the document proper begins, if it is there. */
function insideOf({ inside }: Shape, document: Scope): Scope | undefined {
  for (const path of inside) {
    if (path.steps.length === 0) return document;
    const value = firstAt(path, document);
    const via = path.steps.map((step) =>
      step.kind === 'name' ? step.name : step.kind === 'index' ? step.index : '*',
    );
    if (isObject(value)) return { ...document, value, up: document, via };
  }
  return undefined;
}

const OWN_MEMBERS: ReadonlySet<string> = new Set(['source', 'id', 'type', 'time', 'values', 'tags']);

/** Nothing but the members of an event, and those it must have. */
function isOwnForm(value: unknown, { statedSource }: RecordFacts): boolean {
  if (!isObject(value) || value['time'] === undefined) return false;
  if (value['source'] === undefined && statedSource === undefined) return false;
  for (const name in value) if (!OWN_MEMBERS.has(name)) return false;
  return true;
}

/** `{"source", "events"}` with an event in its own form, as the HTTP door and the client write it: a shape that takes all takes none of it. */
function isOwnEnvelope(value: unknown, record: RecordFacts): boolean {
  if (!isEnvelope(value)) return false;
  for (const name in value) if (name !== 'events' && name !== 'source') return false;
  const { source } = value;
  const facts = isSource(source) ? { ...record, statedSource: source } : record;
  return value.events.some((event) => isOwnForm(event, facts));
}

function add(found: Found, gathering: Gathering): boolean {
  const { into, most, places } = gathering;
  if (into.length >= most || places >= MAX_PLACES) return false;
  into.push({ found, place: places });
  gathering.places += 1;
  return true;
}

/** What may be looked at in one record for its events. */
const MAX_PLACES = PIECE_STEP / 2;

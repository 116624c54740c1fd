// Reads a document that holds nothing but members with plain values, by the plan of its shape, in one pass over its bytes. What
// comes out is what the long way makes of it; whatever is not plainly an event is left to that.
import type { TelemetryEvent } from '../../core/event.ts';
import { EVENT_LIMITS } from '../../core/event-limits.ts';
import { isId, isSource, isTag, isTime, isType } from '../../core/event-rules.ts';
import type { ValueRule } from '../../core/shape/shape.ts';
import { completeEvent } from '../../core/validate-event.ts';
import {
  hasMembers,
  hasNextMember,
  type Plain,
  type TokenCursor,
  takeName,
  takePlain,
} from '../json-tokens.ts';
import type { FlatField, FlatShape, FlatSource } from './flat-shape.ts';
import { numberOf } from './number-of.ts';
import { idOf, typeOf } from './shape-part.ts';
import type { Shaping } from './shaping.ts';
import { shortName } from './short-name.ts';
import type { SkippedPaths, SkipReason } from './skipped-paths.ts';
import { asText } from './text-of.ts';
import { momentOf } from './time-of.ts';

/** Names of members that are told apart; payloads choose them. */
const MAX_ROLES = 512;
/** A document of more members is read the long way. */
const MAX_MEMBERS = 256;
/** Members of events in their own form, which is asked first where there are no others. */
const OWN_MEMBERS: ReadonlySet<string> = new Set(['source', 'id', 'type', 'time', 'values', 'tags']);

/** What a member of that name is. */
interface Role {
  /** Where it is kept; -1: nowhere. */
  readonly slot: number;
  readonly isOwn: boolean;
  /** As one of all values: its name; undefined where it is none, or dropped. */
  readonly value: string | undefined;
  readonly isDropped: boolean;
  /** A document with it is not read here. */
  isOdd: boolean;
  /** The document it was last seen in. */
  seenIn: number;
}

export class FlatReader {
  readonly shape: FlatShape;
  readonly #roles = new Map<string, Role>();
  readonly #byValue = new Map<string, Role>();
  readonly #slots: Plain[];
  readonly #left: { readonly path: string; readonly reason: SkipReason }[] = [];
  #document = 0;
  #values: Record<string, number> = {};
  #entries = 0;

  constructor(shape: FlatShape) {
    this.shape = shape;
    this.#slots = Array.from({ length: shape.slots.size }, () => undefined);
  }

  /** The one event in the first `length` bytes; undefined where that is not plain to see. */
  read(cursor: TokenCursor, length: number, { record, skipped }: Shaping): TelemetryEvent | undefined {
    if (!this.#scan(cursor) || !cursor.isUsual || cursor.at !== length) return undefined;
    if (!this.#meets(record.partitionKey)) return undefined;
    const event = this.#event(record.partitionKey);
    if (event !== undefined) this.#tell(skipped);
    return event;
  }

  #scan(cursor: TokenCursor): boolean {
    this.#begin();
    cursor.at = 0;
    cursor.isUsual = true;
    if (!hasMembers(cursor)) return false;
    let members = 0;
    let isForeign = false;
    do {
      const name = takeName(cursor);
      const role = this.#roles.get(name) ?? this.#learn(name);
      const value = takePlain(cursor);
      if (!cursor.isUsual || role.isOdd || role.seenIn === this.#document) return false;
      if (++members > MAX_MEMBERS) return false;
      role.seenIn = this.#document;
      if (role.slot >= 0) this.#slots[role.slot] = value;
      isForeign ||= !role.isOwn;
      if (role.value !== undefined && !this.#takeValue(role.value, value, this.shape.all, name)) return false;
      if (role.isDropped) this.#left.push({ path: name, reason: 'dropped' });
    } while (hasNextMember(cursor));
    return isForeign;
  }

  #begin(): void {
    this.#document += 1;
    this.#values = {};
    this.#entries = 0;
    this.#left.length = 0;
    for (let at = 0; at < this.#slots.length; at += 1) this.#slots[at] = undefined;
    if (this.#roles.size <= MAX_ROLES) return;
    this.#roles.clear();
    this.#byValue.clear();
  }

  #learn(name: string): Role {
    const role = roleOf(name, this.shape);
    this.#roles.set(name, role);
    if (role.value === undefined) return role;
    // Two members that would have one name: which of them counts is decided the long way.
    const other = this.#byValue.get(role.value);
    if (other !== undefined) {
      other.isOdd = true;
      role.isOdd = true;
    }
    this.#byValue.set(role.value, role);
    return role;
  }

  #takeValue(name: string, found: Plain, rule: ValueRule | undefined, path: string): boolean {
    if (rule === undefined) return true;
    const number =
      typeof found === 'number' && rule.missing === undefined && Number.isFinite(found)
        ? found
        : numberOf(found, rule);
    if (typeof number !== 'number') {
      const isTold = number === 'refused' || (found !== null && found !== undefined);
      if (isTold) this.#left.push({ path, reason: number === 'refused' ? 'not a number' : 'missing' });
      return true;
    }
    this.#entries += 1;
    this.#values[name] = number;
    return this.#entries <= EVENT_LIMITS.values;
  }

  #meets(partitionKey: string | undefined): boolean {
    const { when } = this.shape;
    return (
      when.length === 0 ||
      when.some((one) => {
        if (one.partitionKey !== undefined && !one.partitionKey.test(partitionKey ?? '')) return false;
        for (const slot of one.has) if (this.#slots[slot] === undefined) return false;
        for (const slot of one.lacks) if (this.#slots[slot] !== undefined) return false;
        return true;
      })
    );
  }

  #event(partitionKey: string | undefined): TelemetryEvent | undefined {
    const { source: sources, id: ids, type: types, time: times, timeField, values } = this.shape;
    for (const { name, from, rule } of values) {
      const found = this.#field(from, partitionKey);
      if (found !== undefined && !this.#takeValue(name, found, rule, name)) return undefined;
    }
    const source = asText(this.#field(sources, partitionKey));
    const id = ids.length === 0 ? undefined : idOf(this.#field(ids, partitionKey));
    const type = types.length === 0 ? undefined : typeOf(this.#field(types, partitionKey));
    const time = momentOf(this.#field(times, partitionKey), timeField);
    const tags = this.#tags(partitionKey);
    if (
      !isSource(source, this.shape.isSourcePrintable) ||
      (id !== undefined && !isId(id, true)) ||
      tags === false
    )
      return undefined;
    if ((type !== undefined && !isType(type, true)) || !isTime(time)) return undefined;
    return completeEvent({ source, id, type, time, values: this.#values, tags });
  }

  /** False where one of them is no tag. */
  #tags(partitionKey: string | undefined): Readonly<Record<string, string>> | undefined | false {
    const { tags: rules, hasTags } = this.shape;
    if (!hasTags) return undefined;
    const tags: Record<string, string> = {};
    let entries = 0;
    for (const { name, from } of rules) {
      const text = asText(this.#field(from, partitionKey));
      if (text === undefined || text === '') continue;
      if (!isTag(text, true) || ++entries > EVENT_LIMITS.tags) return false;
      tags[name] = text;
    }
    return tags;
  }

  #field(field: FlatField, partitionKey: string | undefined): Plain {
    for (const source of field) {
      const found = this.#found(source, partitionKey);
      if (found !== undefined && found !== null) return found;
    }
    return undefined;
  }

  #found(source: FlatSource, partitionKey: string | undefined): Plain {
    if (source.kind === 'partitionKey') return partitionKey;
    if (source.kind === 'template') return this.#filled(source.pieces);
    const found = this.#slots[source.slot];
    if (source.segment === undefined) return found;
    return typeof found === 'string' ? found.split('/').at(source.segment) : undefined;
  }

  #filled(pieces: readonly (string | number)[]): string | undefined {
    let text = '';
    for (const piece of pieces) {
      const filled = typeof piece === 'string' ? piece : asText(this.#slots[piece]);
      if (typeof filled !== 'string') return undefined;
      text += filled;
    }
    return text;
  }

  #tell(skipped: SkippedPaths): void {
    for (const { path, reason } of this.#left) skipped.add(this.shape.name, path, reason);
  }
}

/** `route` is a member of what the HTTP door hands on, and `__proto__` none that can be assigned. */
const ODD: ReadonlySet<string> = new Set(['route', '__proto__', '']);

function roleOf(name: string, { slots, all }: FlatShape): Role {
  const slot = slots.get(name) ?? -1;
  const isOwn = OWN_MEMBERS.has(name);
  const isValue = all !== undefined && all.taken?.has(name) !== true;
  const isDropped = isValue && (all.drop?.test(name) === true || all.only?.test(name) === false);
  const value = isValue && !isDropped ? valueNameOf(name, all) : undefined;
  return { slot, isOwn, value, isDropped, isOdd: ODD.has(name), seenIn: 0 };
}

function valueNameOf(name: string, { rename }: ValueRule): string {
  return shortName(rename?.get(name) ?? name, EVENT_LIMITS.valueNameLength);
}

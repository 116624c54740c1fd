// SenML packs (RFC 8428, section 4.6): every record with the base values that hold where it stands.
import { isObject } from '../../core/event-rules.ts';

export interface ResolvedRecord {
  readonly value: Readonly<Record<string, unknown>>;
  /** A pack of this record alone that resolves to the same. */
  readonly text: string;
}

/** Times below 2^28 seconds are relative to now, section 4.5.3: to the arrival of the record. */
const RELATIVE_BELOW = 2 ** 28;
const VALUE_NAMES = ['v', 'vb', 'vs', 'vd', 's'];

/** undefined for what is no pack; records without a value only set bases. */
export function resolveSenml(
  pack: unknown,
  arrivalMs: number | undefined,
): readonly ResolvedRecord[] | undefined {
  if (!Array.isArray(pack) || !pack.every(isObject)) return undefined;
  const isPack = pack.some(
    (record) => hasValue(record) && (typeof record['n'] === 'string' || typeof pack[0]?.['bn'] === 'string'),
  );
  if (!isPack || pack.some(asksForMore)) return undefined;
  const base = { bn: '', bt: 0, bu: undefined as unknown, bv: 0, bs: 0 };
  const resolved: ResolvedRecord[] = [];
  for (const record of pack) {
    if (typeof record['bn'] === 'string') base.bn = record['bn'];
    if (record['bt'] !== undefined) base.bt = numeric(record['bt']);
    if (record['bu'] !== undefined) base.bu = record['bu'];
    if (record['bv'] !== undefined) base.bv = numeric(record['bv']);
    if (record['bs'] !== undefined) base.bs = numeric(record['bs']);
    if (hasValue(record)) resolved.push(resolve(record, base, arrivalMs));
  }
  return resolved;
}

function resolve(
  record: Readonly<Record<string, unknown>>,
  base: {
    readonly bn: string;
    readonly bt: number;
    readonly bu: unknown;
    readonly bv: number;
    readonly bs: number;
  },
  arrivalMs: number | undefined,
): ResolvedRecord {
  const { n, u, t, v, s, ...rest } = record;
  const name = typeof n === 'string' ? n : '';
  const sum = base.bt + numeric(t);
  const isRelative = sum < RELATIVE_BELOW;
  const time = !isRelative ? sum : arrivalMs === undefined ? undefined : arrivalMs / 1000 + sum;
  const value = {
    ...rest,
    ...(typeof v === 'number' ? { v: v + base.bv } : { v }),
    ...(typeof s === 'number' ? { s: s + base.bs } : { s }),
    t: time,
    u: u ?? base.bu,
    // A device's records share its name as their base; a record that has none is its own device.
    device: base.bn === '' ? name : base.bn.replace(/[:/.]$/, ''),
    quantity: quantityOf(base.bn === '' ? '' : name, u),
  };
  const alone = { bn: base.bn, bu: base.bu, bt: base.bt, bv: base.bv, bs: base.bs, ...record };
  return { value, text: JSON.stringify([alone]) };
}

/** A device's measurements without names of their own are told apart by their units (RFC 8428, section 5.1.4). */
function quantityOf(name: string, unit: unknown): string {
  if (name !== '') return name;
  return typeof unit === 'string' && unit !== '' ? unit : 'value';
}

/** A later version, or a member that must be understood (section 4.4). Such a pack is to be refused. */
function asksForMore(record: Readonly<Record<string, unknown>>): boolean {
  const { bver } = record;
  if (bver !== undefined && !(typeof bver === 'number' && bver <= VERSION)) return true;
  return Object.keys(record).some((name) => name.endsWith('_'));
}

/** The version of SenML that RFC 8428 is. */
const VERSION = 10;

function hasValue(record: Readonly<Record<string, unknown>>): boolean {
  return VALUE_NAMES.some((name) => record[name] !== undefined);
}

function numeric(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

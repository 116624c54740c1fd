import type { AnyOf, Condition } from '../../core/shape/shape.ts';
import { firstAt } from './find.ts';
import type { Scope } from './scope.ts';

/** Whether the place meets one of the conditions; of none at all, any place does. */
export function meets(conditions: AnyOf, scope: Scope): boolean {
  if (conditions.length === 0) return true;
  for (const condition of conditions) if (meetsOne(condition, scope)) return true;
  return false;
}

function meetsOne({ has, lacks, equals, partitionKey, route }: Condition, scope: Scope): boolean {
  if (route !== undefined && scope.record.route !== route) return false;
  if (partitionKey !== undefined && !partitionKey.test(scope.record.partitionKey ?? '')) return false;
  for (const path of has) if (firstAt(path, scope) === undefined) return false;
  for (const path of lacks) if (firstAt(path, scope) !== undefined) return false;
  for (const { path, anyOf } of equals) if (!anyOf.has(plain(firstAt(path, scope)))) return false;
  return true;
}

/** A definition has doubles. */
function plain(found: unknown): unknown {
  return typeof found === 'bigint' ? Number(found) : found;
}

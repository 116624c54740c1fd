// Alerts that are not well, by their index: what is read does not grow with what was ever watched.
import type { Alerts, Standing, StoredAlert } from './alerts.ts';

/** Keys that one call of the table takes. */
const LOADED_AT_ONCE = 100;

/**
 * As they are now: what is active by rule, what has resolved the latest first. `readAhead`: about how many will be taken. The index may
 * be a moment behind: who has changed over since is left out.
 */
export async function* standingAlerts(
  alerts: Alerts,
  standing: Standing,
  { rule, readAhead }: { readonly rule?: string | undefined; readonly readAhead: number },
): AsyncIterable<StoredAlert> {
  const size = Math.min(LOADED_AT_ONCE, readAhead);
  let ids: string[] = [];
  for await (const { id } of alerts.standing(standing, { rule, readAhead: size })) {
    ids.push(id);
    if (ids.length < size) continue;
    yield* await load(alerts, ids, standing, rule);
    ids = [];
  }
  yield* await load(alerts, ids, standing, rule);
}

async function load(
  alerts: Alerts,
  ids: readonly string[],
  standing: Standing,
  rule: string | undefined,
): Promise<readonly StoredAlert[]> {
  if (ids.length === 0) return [];
  const stored = await alerts.loadById(ids);
  return ids
    .flatMap((id) => stored.get(id) ?? [])
    .filter((alert) => standingOf(alert) === standing && (rule === undefined || alert.rule === rule));
}

function standingOf({ state: { status } }: StoredAlert): Standing | undefined {
  if (status === 'ok') return undefined;
  return status === 'resolved' ? 'resolved' : 'active';
}

// Alerts as they were listed, and as they are told live: of each the later one, by its number.
import type { AlertAnswer } from '../../wire/api/alert-answer.ts';

export function mergeAlerts(
  listed: readonly AlertAnswer[],
  told: readonly AlertAnswer[],
): readonly AlertAnswer[] {
  const known = new Map(listed.map((alert) => [keyOf(alert), alert]));
  for (const alert of told) {
    const before = known.get(keyOf(alert));
    if (before === undefined || alert.sequence > before.sequence) known.set(keyOf(alert), alert);
  }
  return [...known.values()];
}

function keyOf({ rule, series }: AlertAnswer): string {
  return `${rule}|${series}`;
}

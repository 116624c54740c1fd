import { Command, Option } from 'commander';
import { ALERT_STATUSES } from '../core/alerts/alert-state.ts';
import type { Alerts, StoredAlert } from '../stores/alerts.ts';
import { standingAlerts } from '../stores/standing-alerts.ts';
import { alertEvent, alertSubject } from '../wire/alert-event.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';
import { wholeNumber } from './options.ts';
import { formatTable, formatTime } from './print-table.ts';

interface AlertsOptions extends StoreOptions, AlertQuery {
  readonly json?: true;
}

export function alertsCommand(): Command {
  return withStoreOptions(new Command('alerts'))
    .description(
      'alerts that are firing, pending or resolved, with the cause and the window of each, latest first',
    )
    .option('--rule <name>', 'only alerts of this rule of the pipeline definition')
    .addOption(new Option('--state <state>', 'only alerts in this state').choices([...ALERT_STATUSES]))
    .option('--limit <n>', 'how many to print', wholeNumber(1, 1_000_000), 50)
    .option('--json', 'one JSON object per line: the latest transition of each alert')
    .addHelpText(
      'after',
      '\nReads an index. With --state ok it reads the whole table, since the index has no such alerts.',
    )
    .action(async (options: AlertsOptions) => {
      const found = await useStores(options, async ({ alerts }) => await findAlerts(alerts, options), {
        of: 'current',
      });
      const shown = found.slice(0, options.limit);
      if (options.json) {
        for (const alert of shown) process.stdout.write(`${JSON.stringify(alertJson(alert))}\n`);
        return;
      }
      process.stdout.write(shown.length === 0 ? 'no alerts\n' : `${formatAlerts(shown)}\n`);
      if (found.length > shown.length) process.stdout.write('… and more (--limit)\n');
    });
}

export function formatAlerts(alerts: readonly StoredAlert[]): string {
  const rows = alerts.map(({ rule, series, state }) => {
    const last = state.transitions.at(-1);
    const window =
      last === undefined ? ['-', '-'] : [formatTime(last.window.start), formatTime(last.window.end)];
    return [state.status, last?.severity ?? '-', rule, nameOf(series), ...window, last?.reason ?? '-'];
  });
  return formatTable(['state', 'severity', 'alert', 'of', 'window', 'to', 'why'], rows);
}

/** A source's name, or the tag values of a rollup. */
export function nameOf(series: string): string {
  const subject = alertSubject(series);
  if (subject.kind === 'source') return subject.source;
  return subject.values.map((value) => value ?? '(none)').join(', ');
}

export interface AlertQuery {
  readonly rule?: string;
  readonly state?: string;
  readonly limit: number;
}

/** The latest first; one more than the limit where there are more. By the index, which has all but those that are well. */
export async function findAlerts(alerts: Alerts, query: AlertQuery): Promise<readonly StoredAlert[]> {
  const found: StoredAlert[] = [];
  const { rule, state, limit } = query;
  if (state === 'ok') {
    for await (const alert of alerts.scan()) if (isAskedFor(alert, query)) found.push(alert);
  }
  if (state === undefined || state === 'pending' || state === 'firing') {
    for await (const alert of standingAlerts(alerts, 'active', { rule, readAhead: limit })) {
      if (isAskedFor(alert, query)) found.push(alert);
    }
  }
  if (state === undefined || state === 'resolved') {
    let resolved = 0;
    for await (const alert of standingAlerts(alerts, 'resolved', { rule, readAhead: limit + 1 })) {
      found.push(alert);
      resolved += 1;
      if (resolved > limit) break;
    }
  }
  return found.sort((a, b) => endOf(b) - endOf(a) || (a.series < b.series ? -1 : 1)).slice(0, limit + 1);
}

function isAskedFor({ rule, state }: StoredAlert, query: AlertQuery): boolean {
  if (query.rule !== undefined && rule !== query.rule) return false;
  return query.state === undefined || state.status === query.state;
}

function alertJson({ rule, series, state }: StoredAlert): object {
  const last = state.transitions.at(-1);
  if (last === undefined) return { rule, subject: alertSubject(series), state: state.status };
  return { state: state.status, ...alertEvent(rule, series, last) };
}

function endOf({ state }: StoredAlert): number {
  return state.transitions.at(-1)?.window.end ?? Number.NEGATIVE_INFINITY;
}

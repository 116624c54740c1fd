import { Command, Option } from 'commander';
import { ALERT_STATUSES } from '../core/alerts/alert-state.ts';
import type { StoredAlert } from '../stores/alerts.ts';
import { alertEvent, alertSubject } from '../wire/alert-event.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';
import { wholeNumber } from './options.ts';
import { formatTable, formatTime } from './print-table.ts';

interface AlertsOptions extends StoreOptions {
  readonly rule?: string;
  readonly state?: string;
  readonly limit: number;
  readonly json?: true;
}

export function alertsCommand(): Command {
  return withStoreOptions(new Command('alerts'))
    .description(
      'alerts that have fired or are about to, what made them, and of which window; the latest first',
    )
    .option('--rule <name>', 'those of this alert of the pipeline definition')
    .addOption(new Option('--state <state>', 'those in this state').choices([...ALERT_STATUSES]))
    .option('--limit <n>', 'how many', wholeNumber(1, 1_000_000), 50)
    .option('--json', 'one JSON object a line: the latest transition of each')
    .action(async (options: AlertsOptions) => {
      const all = await useStores(options, async ({ alerts }) => {
        const found: StoredAlert[] = [];
        for await (const alert of alerts.scan()) if (isAskedFor(alert, options)) found.push(alert);
        return found.sort((a, b) => endOf(b) - endOf(a) || (a.series < b.series ? -1 : 1));
      });
      const shown = all.slice(0, options.limit);
      if (options.json) {
        for (const alert of shown) process.stdout.write(`${JSON.stringify(alertJson(alert))}\n`);
        return;
      }
      process.stdout.write(shown.length === 0 ? 'no alerts\n' : `${formatAlerts(shown)}\n`);
      if (all.length > shown.length)
        process.stdout.write(`… and ${all.length - shown.length} more (--limit)\n`);
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

function isAskedFor({ rule, state }: StoredAlert, options: AlertsOptions): boolean {
  if (options.rule !== undefined && rule !== options.rule) return false;
  if (options.state !== undefined) return state.status === options.state;
  // Whoever has never left `ok` is kept for its history, or to be looked at, and is nobody's news.
  return state.sequence > 0;
}

function alertJson({ rule, series, state }: StoredAlert): object {
  const last = state.transitions.at(-1);
  if (last === undefined) return { rule, subject: alertSubject(series), state: state.status };
  return { state: state.status, ...alertEvent(rule, series, last) };
}

function endOf({ state }: StoredAlert): number {
  return state.transitions.at(-1)?.window.end ?? Number.NEGATIVE_INFINITY;
}

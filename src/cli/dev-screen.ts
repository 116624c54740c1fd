// What `tidemill dev` shows: a screen that is drawn again in place, or one line in a pipe.
import { imbalance } from '../core/ledger.ts';
import type { SeriesWindow } from '../core/stored-window.ts';
import type { AlertsNow, DevState } from '../run/dev.ts';
import { nameOf } from './alerts-command.ts';
import { formatCell, formatNumber, formatTable, formatTime } from './print-table.ts';
import { describeSeries } from './windows-command.ts';

/** `columns`: how wide the terminal is. */
export function devScreen(state: DevState, columns: number): string[] {
  if (state.step !== 'running') return [`tidemill: ${state.step} …`];
  const { ledger, producer } = state;
  const endpoints = Object.entries(state.endpoints).map(([name, url]) => `${name}=${url}`);
  return [
    `tidemill  up ${formatUp(state.upForMs)}  ${formatNumber(state.devices)} simulated devices, ${formatNumber(state.players)} players  Ctrl-C ends it`,
    ...endpoints,
    ...(state.apiUrl === undefined
      ? []
      : [`HTTP API  ${state.apiUrl}  (a token: tidemill tokens issue --device NAME)`]),
    '',
    `events/s  ${formatNumber(Math.round(state.eventsPerSecond))}   put ${formatNumber(producer?.accepted ?? 0)}, in the stream ${formatNumber(producer?.delivered ?? 0)}, failed ${formatNumber(producer?.failed ?? 0)}`,
    `ledger    ${ledger === undefined ? '…' : ledgerLine(ledger)}`,
    ...state.consumers.map(
      ({ name, lagMs, batches, failures }) =>
        `${name.padEnd(9)} lag ${(lagMs / 1_000).toFixed(1)} s, ${formatNumber(batches)} batches, ${formatNumber(failures)} failures`,
    ),
    ...(state.trouble === undefined ? [] : [`last trouble: ${state.trouble}`]),
    ...(state.alerts === undefined ? [] : ['', ...alertLines(state.alerts, columns)]),
    '',
    ...(state.latestWindows.length === 0 ? ['windows: none yet'] : windowLines(state.latestWindows)),
  ];
}

/** What fires comes first; what has resolved lately is shown as far as there is room. */
function alertLines({ firing, pending, latest }: AlertsNow, columns: number): string[] {
  const head = `alerts    ${formatNumber(firing)} firing, ${formatNumber(pending)} pending`;
  const shown = latest.slice(0, ALERTS_SHOWN);
  const rows = shown.map(({ rule, series, state: { status, transitions } }) => {
    const last = transitions.at(-1);
    const window = last === undefined ? '-' : `${clockTime(last.window.start)}–${clockTime(last.window.end)}`;
    return { cells: [status, last?.severity ?? '-', rule, nameOf(series), window], why: last?.reason ?? '-' };
  });
  const [titles = '', ...lines] = formatTable(
    ['', 'severity', 'alert', 'of', 'window (UTC)'],
    rows.map(({ cells }) => cells),
  ).split('\n');
  if (rows.length === 0) return [head];
  const width = Math.max(...[titles, ...lines].map(({ length }) => length)) + 2;
  // A terminal that is too narrow for the reason beside its alert has it below.
  const isWide = columns - width >= LEAST_FOR_REASONS;
  const body = lines.flatMap((line, at) => {
    const why = formatCell(rows[at]?.why ?? '');
    return isWide ? [`${line.padEnd(width)}${why}`] : [line, `    ${why}`];
  });
  const more =
    firing > ALERTS_SHOWN ? [`… and ${formatNumber(firing - ALERTS_SHOWN)} more: tidemill alerts`] : [];
  return [head, isWide ? `${titles.padEnd(width)}why` : titles, ...body, ...more];
}

const ALERTS_SHOWN = 8;
const LEAST_FOR_REASONS = 50;

function clockTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** One line a window, with the means of its first metrics. */
function windowLines(windows: readonly SeriesWindow[]): string[] {
  const names = [...new Set(windows.flatMap(({ metrics }) => [...metrics.keys()]))].slice(0, METRICS_SHOWN);
  const rows = windows.map(({ series, start, final, events, metrics }) => {
    const { name, of } = describeSeries(series);
    const means = names.map((metric) => metrics.get(metric)?.mean ?? '-');
    return [name, of, formatTime(start), final ? 'final' : 'provisional', events, ...means];
  });
  const head = ['latest windows', '', 'start', '', 'events', ...names.map((name) => `mean ${name}`)];
  return formatTable(head, rows).split('\n');
}

const METRICS_SHOWN = 4;

export function devStatusLine(state: DevState): string {
  const lags = state.consumers.map(({ name, lagMs }) => `${name} lag ${(lagMs / 1_000).toFixed(1)} s`);
  const books = state.ledger === undefined ? 'ledger …' : ledgerLine(state.ledger);
  const trouble = state.trouble === undefined ? [] : [`last trouble: ${state.trouble}`];
  const alerts = state.alerts === undefined ? [] : [`${formatNumber(state.alerts.firing)} alerts firing`];
  return [
    `${formatNumber(Math.round(state.eventsPerSecond))} events/s`,
    books,
    ...lags,
    ...alerts,
    ...trouble,
  ].join(' | ');
}

function ledgerLine(ledger: NonNullable<DevState['ledger']>): string {
  const { received, applied, duplicate, late, quarantined, sources } = ledger;
  const missing = imbalance(ledger);
  const verdict = missing === 0 ? 'balanced' : `OUT OF BALANCE BY ${missing}`;
  const figures = [
    `${formatNumber(received)} received`,
    `${formatNumber(applied)} applied`,
    `${formatNumber(duplicate)} duplicate`,
    `${formatNumber(late)} late`,
    `${formatNumber(quarantined)} quarantined`,
  ];
  return `${figures[0]} = ${figures.slice(1).join(' + ')}: ${verdict} (${formatNumber(sources)} sources)`;
}

function formatUp(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

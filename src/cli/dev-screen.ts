// What `tidemill dev` shows: a screen that is drawn again in place, or one line in a pipe.
import { imbalance } from '../core/ledger.ts';
import type { SeriesWindow } from '../core/stored-window.ts';
import type { DevState } from '../local/dev.ts';
import { formatAlerts } from './alerts-command.ts';
import { formatNumber, formatTable, formatTime } from './print-table.ts';
import { describeSeries } from './windows-command.ts';

export function devScreen(state: DevState): string[] {
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
        `${name.padEnd(9)} lag ${lagMs === undefined ? '-' : `${(lagMs / 1_000).toFixed(1)} s`}, ${formatNumber(batches)} batches, ${formatNumber(failures)} failures`,
    ),
    ...(state.trouble === undefined ? [] : [`last trouble: ${state.trouble}`]),
    ...(state.firing === undefined ? [] : ['', ...alertLines(state.firing)]),
    '',
    ...(state.latestWindows.length === 0 ? ['windows: none yet'] : windowLines(state.latestWindows)),
  ];
}

function alertLines(firing: NonNullable<DevState['firing']>): string[] {
  if (firing.length === 0) return ['alerts: none is firing'];
  const more =
    firing.length > ALERTS_SHOWN ? [`… and ${firing.length - ALERTS_SHOWN} more: tidemill alerts`] : [];
  return [...formatAlerts(firing.slice(0, ALERTS_SHOWN)).split('\n'), ...more];
}

const ALERTS_SHOWN = 8;

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
  const lags = state.consumers.map(
    ({ name, lagMs }) => `${name} lag ${lagMs === undefined ? '-' : `${(lagMs / 1_000).toFixed(1)} s`}`,
  );
  const books = state.ledger === undefined ? 'ledger …' : ledgerLine(state.ledger);
  const trouble = state.trouble === undefined ? [] : [`last trouble: ${state.trouble}`];
  const alerts = state.firing === undefined ? [] : [`${formatNumber(state.firing.length)} alerts firing`];
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

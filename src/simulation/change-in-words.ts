// A change of a table as a line of the trace.
import { decodeAlertState } from '../core/alerts/alert-encoding.ts';
import { decodeChangedWindows } from '../core/state-changes.ts';
import { decodeCounts } from '../core/state-encoding.ts';
import { ALERTS_TABLE, DEAD_LETTERS_TABLE, SOURCES_TABLE, WINDOWS_TABLE } from '../platform/names.ts';
import type { TableChange } from '../stores/memory-table.ts';
import { bytesOf, numberOf, textOf } from '../stores/table.ts';
import { isSpread, toPart } from '../stores/windows.ts';
import { START_MS } from './plan.ts';
import { isSpoilt } from './poisoned-sources.ts';
import type { SimulatedTable } from './simulated-tables.ts';

export function changeInWords(table: SimulatedTable, { eventName, keys, newImage }: TableChange): string {
  if (newImage === undefined || eventName === 'REMOVE') return `${table}  ${JSON.stringify(keys)} is removed`;
  switch (table) {
    case 'sources': {
      const source = textOf(keys, SOURCES_TABLE.partitionKey) ?? '';
      const state = bytesOf(newImage, SOURCES_TABLE.state);
      if (state === undefined) return `sources  ${JSON.stringify(source)}, which is no state`;
      const held = textOf(newImage, SOURCES_TABLE.heldFor);
      if (isSpoilt(newImage) || state.length === 0)
        return `sources  ${source} cannot be read, held: ${held ?? 'no'}`;
      const { received, applied, duplicate, late } = decodeCounts(source, state);
      const { closed } = decodeChangedWindows(source, state);
      const closes = closed.map(({ aggregation, start }) => `${aggregation}@${start - START_MS}`).join(' ');
      const counts = `${received} received = ${applied} applied + ${duplicate} duplicate + ${late} late`;
      const version = numberOf(newImage, SOURCES_TABLE.version);
      return `sources  ${source} version ${version}: ${counts}${closes === '' ? '' : `, closes ${closes}`}`;
    }
    case 'windows': {
      if (isSpread(newImage)) {
        const [series, parts] = [textOf(keys, WINDOWS_TABLE.partitionKey), numberOf(newImage, 'parts')];
        const passed = textOf(newImage, 'mark');
        return `windows  ${series}: ${passed === undefined ? `${parts} parts` : `passed ${passed}`}`;
      }
      const { version, window } = toPart(newImage);
      const part = window.part === undefined ? '' : ` part ${window.part} version ${version}`;
      return `windows  ${window.series}@${window.start - START_MS}${part}: ${window.events} events`;
    }
    case 'alerts': {
      const [rule, series] = [textOf(newImage, ALERTS_TABLE.rule), textOf(newImage, ALERTS_TABLE.series)];
      const encoded = bytesOf(newImage, ALERTS_TABLE.state);
      if (encoded === undefined) return `alerts  ${rule} on ${series}, without a state`;
      const { status, sequence } = decodeAlertState(`${rule} on ${series}`, encoded);
      return `alerts  ${rule} on ${series} version ${numberOf(newImage, ALERTS_TABLE.version)}: ${status}, ${sequence} transitions`;
    }
    case 'readers':
    case 'live':
      return `${table}  ${JSON.stringify(keys)}`;
    case 'deadLetters': {
      const [record, event] = [DEAD_LETTERS_TABLE.partitionKey, DEAD_LETTERS_TABLE.sortKey];
      const place = `${textOf(keys, record)?.replace(/^.*(....)$/, '…$1')} event ${Number(textOf(keys, event))}`;
      return `letters  ${place}: ${textOf(newImage, 'reason')}`;
    }
  }
}

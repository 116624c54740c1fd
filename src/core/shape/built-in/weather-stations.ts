import type { ShapeDefinition } from '../shape-definition.ts';

const FIELDS: Omit<ShapeDefinition, 'name'> = {
  when: ['PASSKEY', 'stationtype', 'ID'].map((member) => ({ has: ['dateutc', member] })),
  source: ['PASSKEY', 'ID', 'MAC', '@partitionKey'],
  time: { path: 'dateutc', as: 'iso', zone: 'UTC' },
  values: [{ path: '.', drop: ['PASSWORD', 'runtime', 'heap', 'interval', 'rtfreq', 'realtime'] }],
  tags: { station: 'stationtype', model: 'model' },
};

/** Uploads of Ecowitt's weather stations, and of those that speak Weather Underground's protocol, as JSON. */
export const ECOWITT: ShapeDefinition = { name: 'ecowitt', ...FIELDS };

/** The same as the stations send them: `PASSKEY=…&dateutc=2026-03-01+08:00:00&tempf=50.2`. */
export const ECOWITT_FORM: ShapeDefinition = { name: 'ecowitt-form', format: 'form', ...FIELDS };

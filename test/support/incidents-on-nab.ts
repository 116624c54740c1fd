// How well one default rule does on the seven series of the recording with known incidents.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PipelineDefinition } from '../../src/core/pipeline/definition.ts';
import { alertsOnRecording } from './alerts-on-recording.ts';

/** One rule for all series: nothing in it is of any of them. */
export const NAB_PIPELINE: PipelineDefinition = {
  aggregations: [{ name: 'hourly', window: { tumbling: '1h' }, allowedLateness: '2h' }],
  alerts: [
    {
      name: 'unusual',
      on: { aggregation: 'hourly' },
      metric: 'value',
      aggregate: 'mean',
      when: { deviates: { season: '1d' } },
      clear: { for: '1d' },
    },
  ],
  dedupe: { horizon: '1h' },
};

export interface IncidentReport {
  readonly source: string;
  readonly from: number;
  readonly to: number;
  /** End of the first window that fired within it; undefined: missed. */
  readonly firedMs: number | undefined;
}

export interface NabReport {
  readonly incidents: readonly IncidentReport[];
  /** Firings outside every incident. */
  readonly falseAlarms: readonly {
    readonly source: string;
    readonly firedMs: number;
    readonly reason: string;
  }[];
  readonly windows: number;
}

/** A window that fired counts for an incident where the two have a moment in common. */
export async function incidentsOnNab(folder: string): Promise<NabReport> {
  const known: Readonly<Record<string, readonly (readonly [number, number])[]>> = JSON.parse(
    await readFile(join(folder, 'expected/nab-known-cause.incidents.json'), 'utf8'),
  );
  const { transitions, windows } = await alertsOnRecording(
    join(folder, 'nab-known-cause.ndjson.gz'),
    NAB_PIPELINE,
  );
  const firings = transitions.filter(({ transition }) => transition.to === 'firing');
  const incidents = Object.entries(known).flatMap(([source, bounds]) =>
    bounds.map(([from, to]) => ({ source, from, to })),
  );
  const within = (firing: (typeof firings)[number], incident: (typeof incidents)[number]) =>
    firing.source === incident.source &&
    firing.transition.window.end > incident.from &&
    firing.transition.window.start <= incident.to;
  return {
    windows,
    incidents: incidents.map((incident) => ({
      ...incident,
      firedMs: firings.find((firing) => within(firing, incident))?.transition.window.end,
    })),
    falseAlarms: firings
      .filter((firing) => !incidents.some((incident) => within(firing, incident)))
      .map(({ source, transition }) => ({
        source,
        firedMs: transition.window.end,
        reason: transition.reason,
      })),
  };
}

import { describe, expect, it } from 'vitest';
import { incidentsOnNab } from '../support/incidents-on-nab.ts';
import { recordingsFolder } from '../support/recordings.ts';

const folder = recordingsFolder();

describe.skipIf(folder === undefined)('one default rule on seven series with known incidents', () => {
  it('catches most of them with few false alarms: not fewer, and not more, than docs/alerts.md says', async () => {
    const { incidents, falseAlarms, windows } = await incidentsOnNab(folder ?? '');
    const caught = incidents.filter(({ firedMs }) => firedMs !== undefined);
    expect(windows).toBe(16_791);
    expect(incidents).toHaveLength(19);
    expect(caught.length).toBeGreaterThanOrEqual(12);
    expect(falseAlarms.length).toBeLessThanOrEqual(14);
  });
});

import { expect, it } from 'vitest';
import { formatAlerts } from '../../../src/cli/alerts-command.ts';
import type { StoredAlert } from '../../../src/stores/alerts.ts';
import { BLANK_ALERT } from '../../support/blank-alert.ts';

const FIRING: StoredAlert = {
  rule: 'hot',
  series: 'source|a|sensor-1',
  version: 3,
  checkAtMs: undefined,
  state: {
    ...BLANK_ALERT,
    status: 'firing',
    sequence: 1,
    transitions: [
      {
        sequence: 1,
        from: 'ok',
        to: 'firing',
        severity: 'critical',
        reason: 'max of v\n is 95, above 80',
        window: { start: 1_700_000_040_000, end: 1_700_000_041_000, revision: 1, value: 95 },
      },
    ],
  },
};

it('alerts are shown with what made them, safely', () => {
  const rollup = {
    ...FIRING,
    series: 'rollup|r|["north",null]',
    state: { ...FIRING.state, transitions: [] },
  };
  expect(formatAlerts([FIRING, rollup]).split('\n')).toEqual([
    'state   severity  alert  of             window                to                    why',
    'firing  critical  hot    sensor-1       2023-11-14T22:14:00Z  2023-11-14T22:14:01Z  max of v\\u{a} is 95, above 80',
    'firing  -         hot    north, (none)  -                     -                     -',
  ]);
});

import { describe, expect, it } from 'vitest';
import { devScreen, devStatusLine } from '../../../src/cli/dev-screen.ts';
import type { AlertStatus } from '../../../src/core/alerts/alert-state.ts';
import type { DevState } from '../../../src/run/dev.ts';
import type { StoredAlert } from '../../../src/stores/alerts.ts';
import { BLANK_ALERT } from '../../support/blank-alert.ts';

const BOOKS = {
  received: 1_010,
  applied: 1_000,
  duplicate: 6,
  late: 1,
  quarantined: 3,
  sources: 20,
  refused: 0,
  refusedLetters: 0,
  lateLetters: 1,
  setAside: 0,
  strays: 0,
};

const RUNNING: DevState = {
  step: 'running',
  notice: undefined,
  endpoints: {},
  apiUrl: undefined,
  dashboardUrl: undefined,
  workFolder: '/tmp/tidemill-1',
  upForMs: 65_000,
  devices: 20,
  players: 0,
  producer: undefined,
  eventsPerSecond: 19.6,
  ledger: BOOKS,
  consumers: [
    { name: 'aggregate', lagMs: 1_240, batches: 12, failures: 0 },
    { name: 'rollup', lagMs: 0, batches: 0, failures: 0 },
  ],
  latestWindows: [],
  alerts: undefined,
  trouble: undefined,
};

describe.each([
  ['the screen', (state: DevState) => devScreen(state, 80).join('\n')],
  ['the status line', devStatusLine],
])('%s', (_, show) => {
  it('says whether the books balance, and by how much they do not', () => {
    expect(show(RUNNING)).toMatch(/\bbalanced\b/);
    const wrong = show({ ...RUNNING, ledger: { ...BOOKS, applied: 998 } });
    expect(wrong).toMatch(/OUT OF BALANCE BY 2\b/);
    expect(wrong).not.toMatch(/\bbalanced\b/);
  });

  it('says how far behind each consumer is', () => {
    expect(show(RUNNING)).toMatch(/aggregate\s+lag 1\.2 s/);
    expect(show(RUNNING)).toMatch(/rollup\s+lag 0\.0 s/);
  });

  it('says what went wrong last', () => {
    expect(show(RUNNING)).not.toContain('trouble');
    expect(show({ ...RUNNING, trouble: 'aggregate: killed' })).toContain('aggregate: killed');
  });

  it('has something to say before the books are read', () => {
    expect(show({ ...RUNNING, ledger: undefined, consumers: [] })).toContain('…');
  });
});

it('the screen says what is being done until everything runs', () => {
  expect(devScreen({ ...RUNNING, step: 'starting the local servers' }, 80).join('\n')).toContain(
    'starting the local servers',
  );
});

it('the status line is one line', () => {
  expect(devStatusLine({ ...RUNNING, trouble: 'aggregate: killed' })).not.toContain('\n');
});

describe('alerts', () => {
  const alert = (status: AlertStatus, reason: string): StoredAlert => ({
    rule: 'too-hot',
    series: 'source|per-minute|sensor-17',
    version: 4,
    checkAtMs: undefined,
    state: {
      ...BLANK_ALERT,
      status,
      sequence: 2,
      transitions: [
        {
          sequence: 2,
          from: 'pending',
          to: status,
          severity: 'critical',
          reason,
          window: {
            start: Date.UTC(2026, 0, 1, 12, 0),
            end: Date.UTC(2026, 0, 1, 12, 1),
            revision: 60,
            value: 81.4,
          },
        },
      ],
    },
  });
  const state: DevState = {
    ...RUNNING,
    alerts: {
      firing: 1,
      pending: 0,
      latest: [alert('firing', 'max is 81.4, above 80'), alert('resolved', 'max is 60, no longer above 75')],
    },
  };

  it('are shown with state, subject, window and reason, however narrow the terminal', () => {
    const narrow = devScreen(state, 80);
    expect(narrow.join('\n')).toContain('1 firing, 0 pending');
    expect(
      narrow.some((line) => /^firing .*critical .*too-hot .*sensor-17 .*12:00:00–12:01:00$/.test(line)),
    ).toBe(true);
    expect(narrow).toContain('    max is 81.4, above 80');
    const wide = devScreen(state, 140);
    expect(wide.some((line) => /^firing .*12:00:00–12:01:00 +max is 81\.4, above 80$/.test(line))).toBe(true);
    expect(wide.some((line) => /^resolved .*no longer above 75$/.test(line))).toBe(true);
    expect(wide.length).toBe(narrow.length - 2);
  });

  it('that are more than there is room for are counted', () => {
    const latest = Array.from({ length: 12 }, () => alert('firing', 'hot'));
    const lines = devScreen({ ...state, alerts: { firing: 12, pending: 3, latest } }, 140);
    expect(lines.filter((line) => line.startsWith('firing'))).toHaveLength(8);
    expect(lines.join('\n')).toContain('… and 4 more: tidemill alerts');
  });

  it('cannot act on the terminal', () => {
    const lines = devScreen(
      { ...state, alerts: { firing: 1, pending: 0, latest: [alert('firing', '\x1b[2J')] } },
      80,
    );
    expect(lines.join('\n')).not.toContain('\x1b');
  });

  it('are none where none has fired, and not spoken of where there are none', () => {
    const none = { firing: 0, pending: 0, latest: [] };
    expect(devScreen({ ...state, alerts: none }, 80).join('\n')).toContain('0 firing, 0 pending');
    expect(devScreen(RUNNING, 80).join('\n')).not.toContain('firing');
  });
});

import { describe, expect, it } from 'vitest';
import { devScreen, devStatusLine } from '../../../src/cli/dev-screen.ts';
import type { DevState } from '../../../src/local/dev.ts';

const BOOKS = {
  received: 1_010,
  applied: 1_000,
  duplicate: 6,
  late: 1,
  quarantined: 3,
  sources: 20,
  sourceFull: 0,
  sourceFullLetters: 0,
  lateLetters: 1,
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
    { name: 'rollup', lagMs: undefined, batches: 0, failures: 0 },
  ],
  latestWindows: [],
  firing: undefined,
  trouble: undefined,
};

describe.each([
  ['the screen', (state: DevState) => devScreen(state).join('\n')],
  ['the status line', devStatusLine],
])('%s', (_, show) => {
  it('says whether the books balance, and by how much they do not', () => {
    expect(show(RUNNING)).toMatch(/\bbalanced\b/);
    const wrong = show({ ...RUNNING, ledger: { ...BOOKS, applied: 998 } });
    expect(wrong).toMatch(/OUT OF BALANCE BY 2\b/);
    expect(wrong).not.toMatch(/\bbalanced\b/);
  });

  it('says how far behind each consumer is, if that is known', () => {
    expect(show(RUNNING)).toMatch(/aggregate\s+lag 1\.2 s/);
    expect(show(RUNNING)).toMatch(/rollup\s+lag -/);
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
  expect(devScreen({ ...RUNNING, step: 'starting the local servers' }).join('\n')).toContain(
    'starting the local servers',
  );
});

it('the status line is one line', () => {
  expect(devStatusLine({ ...RUNNING, trouble: 'aggregate: killed' })).not.toContain('\n');
});

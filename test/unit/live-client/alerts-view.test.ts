import { describe, expect, it } from 'vitest';
import { AlertsView } from '../../../src/live-client/alerts-view.ts';
import type { LiveAlert } from '../../../src/wire/live/messages.ts';

function alert(sequence: number, overrides: Partial<LiveAlert> = {}): LiveAlert {
  return {
    rule: 'hot',
    series: 'source|short|a',
    source: 'a',
    status: 'firing',
    from: 'ok',
    sequence,
    sinceMs: 0,
    severity: 'warning',
    reason: 'as it is',
    window: { startMs: 0, endMs: 10, revision: 1, value: 9 },
    ...overrides,
  };
}

function viewOf(...alerts: LiveAlert[]): AlertsView {
  const view = new AlertsView();
  view.takeSnapshot({ alerts, whole: true, last: true });
  return view;
}

describe('a view of alerts', () => {
  it('waits for the last part of its snapshot, and then takes what came meanwhile', () => {
    const view = new AlertsView();
    const other = alert(1, { rule: 'cold' });
    expect(view.takeTransition(alert(3, { from: 'firing', status: 'resolved' }))).toEqual({
      kind: 'waiting',
    });
    expect(view.takeSnapshot({ alerts: [other], whole: true, last: false })).toEqual({ kind: 'waiting' });
    expect(view.isLive).toBe(false);
    const outcome = view.takeSnapshot({ alerts: [alert(2)], whole: true, last: true });
    expect(outcome).toMatchObject({
      kind: 'changed',
      alerts: [{ rule: 'cold' }, { sequence: 2 }, { sequence: 3, status: 'resolved' }],
    });
    expect(view.alerts.map(({ rule, status }) => `${rule} ${status}`)).toEqual([
      'cold firing',
      'hot resolved',
    ]);
    expect(view.isLive).toBe(true);
  });

  it('takes each transition once, and notices one that is missing', () => {
    const view = viewOf(alert(2));
    expect(view.takeTransition(alert(2))).toEqual({ kind: 'known' });
    const resolved = alert(3, { from: 'firing', status: 'resolved' });
    expect(view.takeTransition(resolved)).toEqual({ kind: 'changed', alerts: [resolved] });
    expect(view.takeTransition(alert(5, { from: 'pending' }))).toEqual({ kind: 'gap' });
    expect(view.alerts).toEqual([resolved]);
  });

  it('of an alert that was well takes the next, whatever its number, unless it has missed how it fired', () => {
    expect(viewOf().takeTransition(alert(7)).kind).toBe('changed');
    expect(viewOf().takeTransition(alert(7, { from: 'resolved' })).kind).toBe('changed');
    expect(viewOf().takeTransition(alert(8, { from: 'firing', status: 'resolved' })).kind).toBe('gap');
    const part = new AlertsView();
    part.takeSnapshot({ alerts: [], whole: false, last: true });
    expect(part.takeTransition(alert(8, { from: 'firing', status: 'resolved' })).kind).toBe('changed');
  });

  it('does not ask again for what a snapshot that has just come did not have', () => {
    const view = new AlertsView();
    view.takeTransition(alert(8, { from: 'pending' }));
    expect(view.takeSnapshot({ alerts: [], whole: true, last: true }).kind).toBe('changed');
    expect(view.alerts).toHaveLength(1);
  });

  it('shows no alert that is well, and those that a new snapshot lacks no more', () => {
    const view = viewOf(alert(2), alert(1, { rule: 'cold' }));
    view.takeTransition(alert(3, { from: 'firing', status: 'ok' }));
    expect(view.alerts.map(({ rule }) => rule)).toEqual(['cold']);
    view.await();
    expect(view.isLive).toBe(false);
    view.takeSnapshot({ alerts: [], whole: true, last: true });
    expect(view.alerts).toEqual([]);
  });

  it('is asked for again where too much came while its snapshot was on its way', () => {
    const view = new AlertsView();
    for (let sequence = 1; sequence <= 2_001; sequence += 1) view.takeTransition(alert(sequence));
    expect(view.takeSnapshot({ alerts: [], whole: true, last: true })).toEqual({ kind: 'gap' });
  });

  it('keeps ten thousand, and forgets first what is resolved', () => {
    const view = viewOf();
    for (let at = 0; at < 10_500; at += 1) {
      const series = `source|short|${at}`;
      const status = at % 2 === 0 ? 'firing' : 'resolved';
      view.takeTransition(alert(at === 0 ? 1 : 2, { series, status }));
    }
    expect(view.alerts.length).toBeLessThanOrEqual(10_000);
    expect(view.alerts.filter(({ status }) => status === 'firing')).toHaveLength(5_250);
    expect(view.isWhole).toBe(true);
  });
});

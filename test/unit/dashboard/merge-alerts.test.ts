import { expect, it } from 'vitest';
import { mergeAlerts } from '../../../src/dashboard/data/merge-alerts.ts';
import type { AlertAnswer } from '../../../src/wire/api/alert-answer.ts';

function alert(series: string, sequence: number, status: AlertAnswer['status']): AlertAnswer {
  return { rule: 'r', series, status, sequence };
}

it('of an alert that was listed and told, the later one stands, whichever came first', () => {
  const listed = [alert('a', 2, 'firing'), alert('b', 5, 'resolved'), alert('c', 1, 'pending')];
  const told = [alert('a', 3, 'resolved'), alert('b', 4, 'firing'), alert('d', 1, 'firing')];
  expect(mergeAlerts(listed, told)).toEqual([
    alert('a', 3, 'resolved'),
    alert('b', 5, 'resolved'),
    alert('c', 1, 'pending'),
    alert('d', 1, 'firing'),
  ]);
});

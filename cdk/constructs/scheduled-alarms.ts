// Alarms of a function that runs every minute: what it could not write, what it did not reach, and that it runs at all.
import type { Construct } from 'constructs';
import type { ConsumerFunction, OwnAlarm } from './consumer-function.ts';
import { addMetricAlarm } from './metric-alarm.ts';

export const SCHEDULED_ALARMS: readonly OwnAlarm[] = [
  { entry: 'failing', metric: 'failed', description: 'items could not be read or written' },
  { entry: 'unfinished', metric: 'unreached', description: 'runs end before all due work is done' },
];

export function addStoppedAlarm(scope: Construct, consumer: ConsumerFunction): void {
  addMetricAlarm(scope, 'Stopped', {
    entry: 'stopped',
    description: `${consumer.name} has not completed a run for five minutes`,
    watched: consumer.published('runs'),
    under: 1,
    points: { beyond: 5, of: 5 },
    silence: 'trouble',
  });
}

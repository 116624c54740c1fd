// States and weighed values of a group, by name: found, begun, merged, copied.
import type { GroupContents, WindowGroup } from './source-window.ts';
import type { StateTime } from './state-time.ts';
import {
  copyStateTime,
  emptyStateTime,
  mergeStateTime,
  stateTimeBytes,
  stateTimeDifference,
} from './state-time.ts';
import type { TimeWeight } from './time-weight.ts';
import {
  copyTimeWeight,
  emptyTimeWeight,
  mergeTimeWeight,
  timeWeightBytes,
  timeWeightDifference,
} from './time-weight.ts';

/** Absent if a group has none, as most do. */
export type GroupTimes = Pick<GroupContents, 'states' | 'weights'>;

export function stateTimeOf(group: WindowGroup, name: string): StateTime {
  group.states ??= [];
  const known = group.states.find((time) => time.name === name);
  if (known !== undefined) return known;
  const time = emptyStateTime(name);
  group.states.push(time);
  return time;
}

export function timeWeightOf(group: WindowGroup, name: string): TimeWeight {
  group.weights ??= [];
  const known = group.weights.find((weight) => weight.name === name);
  if (known !== undefined) return known;
  const weight = emptyTimeWeight(name);
  group.weights.push(weight);
  return weight;
}

export function timesOf({ states, weights }: GroupTimes): GroupTimes {
  return { ...(states === undefined ? {} : { states }), ...(weights === undefined ? {} : { weights }) };
}

/** Copies that may be changed. */
export function copyTimes({ states, weights }: GroupTimes): Pick<WindowGroup, 'states' | 'weights'> {
  return {
    ...(states === undefined ? {} : { states: states.map(copyStateTime) }),
    ...(weights === undefined ? {} : { weights: weights.map(copyTimeWeight) }),
  };
}

export function mergeTimes(into: WindowGroup, { states, weights }: GroupTimes): void {
  for (const time of states ?? []) mergeStateTime(stateTimeOf(into, time.name), time);
  for (const weight of weights ?? []) mergeTimeWeight(timeWeightOf(into, weight.name), weight);
}

/** What has changed in a source's group since `before`; nothing if nothing has changed. */
export function timesDifference(before: GroupTimes, after: GroupTimes, source: string): GroupTimes {
  const states = (after.states ?? []).flatMap(
    (time) =>
      stateTimeDifference(
        before.states?.find(({ name }) => name === time.name),
        time,
        source,
      ) ?? [],
  );
  const weights = (after.weights ?? []).flatMap(
    (weight) =>
      timeWeightDifference(
        before.weights?.find(({ name }) => name === weight.name),
        weight,
      ) ?? [],
  );
  return { ...(states.length === 0 ? {} : { states }), ...(weights.length === 0 ? {} : { weights }) };
}

/** What they take in an item, at most. `extra`: what a sum takes beyond two parts. */
export function timesBytes({ states, weights }: GroupTimes, extra: (weight: TimeWeight) => number): number {
  let bytes = 0;
  if (states !== undefined) for (const time of states) bytes += stateTimeBytes(time);
  if (weights !== undefined) for (const weight of weights) bytes += timeWeightBytes(weight) + extra(weight);
  return bytes === 0 ? 0 : bytes + TIMES_BYTES;
}

/** Which window and group they are of, and how many. */
export const TIMES_BYTES = 10;

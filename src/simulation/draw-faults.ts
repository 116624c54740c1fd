// What goes wrong in a run: at which invocation, and at which of its calls.
import type { Random } from '../../producers/simulators/random.ts';
import type { Fault, FunctionName, Moment, StatementFate, StreamName, StreamReader } from './plan.ts';

/** `of`: what they happen to. */
export function drawFaults(random: Random, of: FaultPlaces = OF_THE_REST): readonly Fault[] {
  const share = random.pick(of.shares);
  const faults: Fault[] = [];
  for (const [name, most] of of.invocations) {
    for (let invocation = 1; invocation <= most; invocation += 1) {
      if (random.chance(share)) faults.push(...drawFault(name, invocation, random));
    }
  }
  for (let at = 0; at < 60 * share; at += 1) {
    const read = random.integer(1, 150);
    const answer = random.pick(['unavailable', 'iterator-expired', 'throws'] as const);
    faults.push({ kind: 'read', stream: random.pick(of.streams), read, answer });
  }
  for (let at = 0; at < 10 * share; at += 1) {
    const save = random.integer(1, 40);
    faults.push({ kind: 'checkpoint', reader: random.pick(of.readers), save });
  }
  return faults;
}

export interface FaultPlaces {
  /** How much of it goes wrong. */
  readonly shares: readonly number[];
  /** About as many as there are in a run. */
  readonly invocations: readonly (readonly [FunctionName, number])[];
  readonly streams: readonly StreamName[];
  readonly readers: readonly StreamReader[];
}

const OF_THE_REST: FaultPlaces = {
  shares: [0, 0.1, 0.3, 0.6],
  invocations: [
    ['aggregate', 60],
    ['rollup', 60],
    ['close', 12],
  ],
  streams: ['telemetry', 'changelog'],
  readers: ['aggregate', 'rollup'],
};

/** Few of their invocations write anything: much must go wrong for some of these to. */
export const OF_ALERTS: FaultPlaces = {
  shares: [0, 0.3, 0.6, 0.6],
  invocations: [
    ['alert', 60],
    ['publish', 20],
    ['alert-clock', 12],
  ],
  streams: ['windows', 'alerts'],
  readers: ['alert', 'alert-rollups', 'publish'],
};

const MOMENTS: readonly Moment[] = ['before', 'during', 'after'];
const FATES: readonly StatementFate[] = ['fine', 'fine', 'throttled', 'answer-lost', 'own', 'stale'];

function drawFault(name: FunctionName, invocation: number, random: Random): readonly Fault[] {
  const of = { function: name, invocation };
  const call = random.pick([1, 1, 2, 2, 3, 4]);
  switch (random.integer(0, 9)) {
    case 0:
      return [{ ...of, kind: random.pick(['throttled', 'service-error']) }];
    case 1:
      return [{ ...of, kind: random.pick(['crash-at-start', 'answer-lost']) }];
    case 2:
      if (name === 'close' || name === 'alert-clock')
        return [{ ...of, kind: 'out-of-time', asked: random.integer(1, 2) }];
      return [{ ...of, kind: 'redelivered', afterMs: random.pick([0, 10, 2_000, 30_000]) }];
    case 3:
    case 4:
      return [{ ...of, call, kind: 'crash', when: random.pick(MOMENTS) }];
    case 5:
      return [{ ...of, call, kind: 'unavailable', when: random.pick(MOMENTS) }];
    case 6:
    case 7:
      return [
        { ...of, call, kind: 'hang', when: random.pick(['before', 'after']), ms: random.pick(HANGS_MS) },
      ];
    case 8:
      return [1, 2, 3].map((at) => {
        const fates = Array.from({ length: random.integer(1, 4) }, () => random.pick(FATES));
        return { ...of, call: at, kind: 'statements', fates };
      });
    default: {
      // Refused as often as a handler tries, or a little less.
      const fates = [random.pick(FATES), random.pick(FATES)];
      const calls = Array.from({ length: random.integer(3, 12) }, (_, at) => at + 1);
      return calls.map((at) => ({ ...of, call: at, kind: 'statements', fates }));
    }
  }
}

/** From within any time limit to long after the batch has been retried. */
const HANGS_MS = [300, 2_000, 8_000, 25_000, 70_000];

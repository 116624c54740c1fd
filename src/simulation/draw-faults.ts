// What goes wrong in a run: at which invocation, and at which of its calls.
import type { Random } from '../../producers/simulators/random.ts';
import type { Fault, FunctionName, Moment, StatementFate } from './plan.ts';

export function drawFaults(random: Random): readonly Fault[] {
  const share = random.pick([0, 0.1, 0.3, 0.6]);
  const faults: Fault[] = [];
  for (const [name, most] of INVOCATIONS) {
    for (let invocation = 1; invocation <= most; invocation += 1) {
      if (random.chance(share)) faults.push(...drawFault(name, invocation, random));
    }
  }
  for (let at = 0; at < 60 * share; at += 1) {
    const read = random.integer(1, 150);
    const answer = random.pick(['unavailable', 'iterator-expired', 'throws'] as const);
    faults.push({ kind: 'read', stream: random.pick(['telemetry', 'changelog']), read, answer });
  }
  for (let at = 0; at < 10 * share; at += 1) {
    const save = random.integer(1, 40);
    faults.push({ kind: 'checkpoint', reader: random.pick(['aggregate', 'rollup']), save });
  }
  return faults;
}

/** About as many as there are in a run. */
const INVOCATIONS: readonly (readonly [FunctionName, number])[] = [
  ['aggregate', 60],
  ['rollup', 60],
  ['close', 12],
];

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
      if (name === 'close') return [{ ...of, kind: 'out-of-time', asked: random.integer(1, 2) }];
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

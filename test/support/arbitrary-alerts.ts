// Random alert rules and windows, of few values so that they meet thresholds, repeat, come back and deviate.
import fc from 'fast-check';
import type { AlertRule } from '../../src/core/alerts/alert-rule.ts';
import type { Observation } from '../../src/core/alerts/judge.ts';
import type { AlertDefinition } from '../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';

const arbitraryCondition: fc.Arbitrary<Pick<AlertDefinition, 'when' | 'clear'>> = fc.oneof(
  fc.constantFrom<Pick<AlertDefinition, 'when' | 'clear'>[]>(
    { when: { above: 3 } },
    { when: { above: 3 }, clear: { below: 1 } },
    { when: { above: 3 }, clear: { below: 2, for: '30ms' } },
    { when: { below: 2 }, clear: { above: 4 } },
    { when: { changesBy: { difference: 2 } } },
    { when: { changesBy: { ratio: 0.5, over: 3, direction: 'up' } } },
    { when: { deviates: { score: 3, history: '140ms' } } },
    { when: { deviates: { score: 2, history: '300ms', season: '30ms' } } },
  ),
);

export const arbitraryRule: fc.Arbitrary<AlertRule> = fc
  .tuple(arbitraryCondition, fc.constantFrom('0s', '10ms', '35ms'))
  .map(([condition, forText]) => {
    const { alerts } = parsePipeline({
      aggregations: [{ name: 'a', window: { tumbling: '10ms' } }],
      alerts: [
        {
          name: 'r',
          on: { aggregation: 'a' },
          metric: 'v',
          aggregate: 'mean',
          for: forText,
          ...condition,
        },
      ],
    });
    const [rule] = alerts;
    if (rule === undefined) throw new Error('no rule was parsed');
    return rule;
  });

/** On a rollup, with what its windows wait for. */
export const arbitraryRollupRule: fc.Arbitrary<AlertRule> = fc
  .tuple(arbitraryCondition, fc.constantFrom('0s', '10ms', '35ms'), fc.constantFrom('0s', '10ms', '50ms'))
  .map(([condition, forText, settle]) => {
    const { alerts } = parsePipeline({
      aggregations: [{ name: 'a', window: { tumbling: '10ms' } }],
      rollups: [{ name: 'all', of: 'a', by: [] }],
      alerts: [
        {
          name: 'r',
          on: { rollup: 'all', settle },
          metric: 'v',
          aggregate: 'mean',
          for: forText,
          ...condition,
        },
      ],
    });
    const [rule] = alerts;
    if (rule === undefined) throw new Error('no rule was parsed');
    return rule;
  });

/** Windows in order, some of them in several revisions, some missing. */
export const arbitraryObservations: fc.Arbitrary<Observation[]> = fc
  .array(
    fc.record({
      skip: fc.constantFrom(0, 0, 0, 1, 4),
      again: fc.boolean(),
      value: fc.constantFrom(0, 0, 1, 2, 2.5, 3, 4, 5, 40),
    }),
    { maxLength: 60, size: 'max' },
  )
  .map((drafts) => {
    let start = -10;
    let revision = 1;
    return drafts.map(({ skip, again, value }) => {
      if (again && start >= 0) revision += 1;
      else {
        start += 10 * (1 + skip);
        revision = 1;
      }
      return { start, end: start + 10, revision, value };
    });
  });

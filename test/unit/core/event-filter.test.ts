import { describe, expect, test } from 'vitest';
import type { TelemetryEvent } from '../../../src/core/event.ts';
import { fieldOf, parseEventField } from '../../../src/core/event-field.ts';
import { type EventFilter, passesFilter } from '../../../src/core/event-filter.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { batchOf, eventOf, pipelineOf } from '../../support/events.ts';

const ALARMS: EventFilter = { types: new Set(['alarm']), tags: undefined };

describe('a filter', () => {
  test('of types lets any of them through', () => {
    const filter: EventFilter = { types: new Set(['alarm', '__proto__']), tags: undefined };
    const passing = ['alarm', '__proto__', 'reading', 'Alarm'].filter((type) =>
      passesFilter(filter, eventOf({ type })),
    );
    expect(passing).toEqual(['alarm', '__proto__']);
  });

  test('of tags wants every tag it names, with any of its values', () => {
    const tags = new Map([
      ['site', new Set(['n', 's'])],
      ['zone', new Set([''])],
    ]);
    const passes = (own: Record<string, string>) =>
      passesFilter({ types: undefined, tags }, eventOf({ tags: own }));
    expect(passes({ site: 's', zone: '', more: 'x' })).toBe(true);
    expect(passes({ site: 'w', zone: '' })).toBe(false);
    expect(passes({ site: 's' })).toBe(false);
    expect(passes({})).toBe(false);
  });

  test('does not take what every object has for a tag', () => {
    const tags = new Map([['constructor', new Set(['x'])]]);
    expect(passesFilter({ types: undefined, tags }, eventOf({}))).toBe(false);
  });

  test('keeps an event out of an aggregation, which is neither late for it nor in it', () => {
    const pipeline = pipelineOf({ filter: ALARMS }, {});
    const events = [eventOf({ time: 50, type: 'alarm' }), eventOf({ time: 50 }), eventOf({ time: 5 })];
    const { state, verdicts } = foldEvents(emptySourceState('a', pipeline), batchOf(events), pipeline);
    expect(verdicts).toEqual(['applied', 'applied', 'late']);
    expect(state.open.map(({ late }) => late)).toEqual([0, 1]);
    expect(state.open.map(({ windows }) => windows.get(50)?.groups[0]?.events)).toEqual([1, 2]);
  });

  test('that lets an event into no aggregation leaves it applied, its id remembered, its time counted', () => {
    const pipeline = pipelineOf({ filter: ALARMS });
    const events = [
      eventOf({ time: 50, id: '1' }),
      eventOf({ time: 50, id: '1' }),
      eventOf({ time: 0, id: '2' }),
      eventOf({ time: 0, type: 'alarm' }),
    ];
    const { state, verdicts } = foldEvents(emptySourceState('a', pipeline), batchOf(events), pipeline);
    expect(verdicts).toEqual(['applied', 'duplicate', 'applied', 'late']);
    expect(state).toMatchObject({ maxTime: 50, windowCount: 0 });
  });
});

describe('a field of an event', () => {
  test('is its source, type, id, a tag or a value; a number is its decimal text', () => {
    const event: TelemetryEvent = eventOf({
      id: '7',
      type: 't',
      tags: { site: '' },
      values: { v: 0.5, z: -0 },
    });
    const texts = [
      'source',
      'type',
      'id',
      'tags.site',
      'values.v',
      'values.z',
      'tags.v',
      'values.toString',
    ].map((text) => {
      const field = parseEventField(text);
      return field === undefined ? 'no field' : fieldOf(event, field);
    });
    expect(texts).toEqual(['a', 't', '7', '', '0.5', '0', undefined, undefined]);
  });

  test('may have any name a tag or value may have', () => {
    expect(parseEventField('tags.tags.a\n')).toMatchObject({ kind: 'tag', name: 'tags.a\n' });
    for (const text of ['time', 'tags', 'tags.', 'value.v', 'Type', '', `tags.${'x'.repeat(65)}`]) {
      expect(parseEventField(text)).toBeUndefined();
    }
  });
});

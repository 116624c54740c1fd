// Texts that are no JSON, and SenML: read by the first shape of their form that asks for them, as JSON is.
import { describe, expect, test } from 'vitest';
import type { ShapeDefinition } from '../../../../src/core/shape/shape-definition.ts';
import { ARRIVAL_MS, shaped, shapesOf } from '../../../support/shaped.ts';

type Named = Partial<ShapeDefinition> & { readonly name: string };

const lines = (own: Named): ShapeDefinition => ({ like: 'line-protocol', type: { text: own.name }, ...own });
const LINE = `m,host=a v=1 ${ARRIVAL_MS}000000`;
const typesOf = (data: unknown, shapes: readonly ShapeDefinition[], record = {}) =>
  shaped(data, shapesOf(...shapes), record).events.map(({ type }) => type);

describe('of two shapes for one form of text', () => {
  const two = [
    lines({ name: 'of-hosts', when: { has: ['tags.host'] } }),
    lines({ name: 'of-rooms', when: { has: ['tags.room'] } }),
  ];

  test('each has the lines that it asks for', () => {
    const room = `m,room=x v=2 ${ARRIVAL_MS}000000`;
    expect(typesOf(`${room}\n${LINE}`, two)).toEqual(['of-rooms', 'of-hosts']);
  });

  test('a line that none asks for is refused alone, with their names', () => {
    const other = `m,x=y v=2 ${ARRIVAL_MS}000000`;
    const { events, refused } = shaped(`${LINE}\n${other}`, shapesOf(...two));
    expect(events).toHaveLength(1);
    expect(refused.map(({ detail }) => detail)).toEqual([
      `shape of-hosts, of-rooms: found "${other}", expected what meets its "when"`,
    ]);
  });

  test('each has the CSV whose columns it asks for', () => {
    const csv = (name: string, column: string): ShapeDefinition => ({
      name,
      like: 'csv',
      type: { text: name },
      when: { has: [column] },
    });
    const shapes = [csv('rain', 'mm'), csv('wind', 'm_s')];
    const file = (column: string) => `time,device,${column}\n2026-03-01T08:00:00Z,a,1.5\n`;
    expect(typesOf(file('m_s'), shapes)).toEqual(['wind']);
    expect(typesOf(file('mm'), shapes)).toEqual(['rain']);
  });
});

test.each([
  ['partition key', { partitionKey: 'plant/*' }, { partitionKey: 'plant/7' }],
  ['route', { route: 'lines' }, { route: 'lines' }],
])('a shape of a form of text holds for the %s it asks for, and no other', (_, when, record) => {
  const shapes = [lines({ name: 'asked', when }), lines({ name: 'others' })];
  expect(typesOf(LINE, shapes, record)).toEqual(['asked']);
  expect(typesOf(LINE, shapes, { partitionKey: 'other' })).toEqual(['others']);
});

test('a text of a form that no shape asks for is read as another form that one does ask for', () => {
  const shapes: readonly ShapeDefinition[] = [
    { name: 'g', like: 'graphite', type: { text: 'g' }, when: { route: 'none' } },
    { name: 'o', like: 'opentsdb-lines', type: { text: 'o' } },
  ];
  expect(typesOf(`put sys.cpu ${ARRIVAL_MS / 1000} 42 host=a`, shapes)).toEqual(['o']);
  expect(typesOf(`a.b 42 ${ARRIVAL_MS / 1000}`, shapes.slice(0, 1))).toEqual([]);
});

describe('SenML', () => {
  const pack = [
    { bn: 'dev:', bt: ARRIVAL_MS / 1000, n: 't', v: 1 },
    { n: 'open', vb: true },
  ];
  const senml = (own: Named): ShapeDefinition => ({ like: 'senml', type: { text: own.name }, ...own });

  test('is read by the shape whose route it came by', () => {
    const shapes = [senml({ name: 'asked', when: { route: 'senml' } }), senml({ name: 'others' })];
    expect(typesOf(pack, shapes, { route: 'senml' })).toEqual(['asked', 'asked']);
    expect(typesOf(pack, shapes)).toEqual(['others', 'others']);
  });

  test('a record that the shape of its pack does not ask for is refused alone', () => {
    const { events, refused } = shaped(pack, shapesOf(senml({ name: 'numbers', when: { has: ['v'] } })));
    expect(events).toHaveLength(1);
    expect(refused).toMatchObject([{ reason: 'shape', detail: expect.stringContaining('"when"') }]);
  });
});

import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/event-source/virtual-clock.ts';
import { ObjectEvents } from '../../../src/local-stack/s3/object-events.ts';
import { startS3Server } from '../../../src/local-stack/s3/s3-server.ts';
import { tellOfObjects } from '../../../src/local-stack/tell-of-objects.ts';
import { functionSpec } from '../../support/function-spec.ts';

const RULE = { logicalId: 'R', bucket: 'files', prefixes: ['in/'], fn: functionSpec(), input: undefined };

function telling(outcomes: readonly ('returned' | 'function-error')[] = []) {
  const clock = new VirtualClock(0);
  const objects = new ObjectEvents();
  const invocations: { readonly atMs: number; readonly event: unknown }[] = [];
  const invoker = {
    invoke: async (payload: string) => {
      const kind = outcomes[invocations.length] ?? 'returned';
      invocations.push({ atMs: clock.nowMs(), event: JSON.parse(payload) });
      return kind === 'returned'
        ? { kind, payload: 'null' }
        : { kind, errorType: 'Error', message: 'it failed' };
    },
  };
  const start = () =>
    tellOfObjects([RULE], objects, {
      clock,
      region: 'eu-west-1',
      invokerOf: () => invoker,
      newEventId: () => 'id',
    });
  return { clock, objects, invocations, start };
}

const created = (key: string, bucket = 'files') => ({ bucket, key, size: 3, etag: '"abc"' });

describe('a rule of objects', () => {
  it('tells of those of its bucket and prefixes, also of what came before anybody listened', async () => {
    const { objects, invocations, start } = telling();
    objects.take(created('in/early'));
    const running = start();
    for (const object of [created('in/a b'), created('out/c'), created('in/d', 'others')])
      objects.take(object);
    await running.told();
    expect(invocations.map(({ event }) => event)).toMatchObject([
      { source: 'aws.s3', detail: { object: { key: 'in/early' } } },
      {
        'detail-type': 'Object Created',
        detail: { bucket: { name: 'files' }, object: { key: 'in/a b', size: 3, etag: 'abc' } },
      },
    ]);
    await running.stop();
  });

  it('tells again where the function fails, twice, a minute and two later', async () => {
    const { clock, objects, invocations, start } = telling([
      'function-error',
      'function-error',
      'function-error',
    ]);
    const running = start();
    objects.take(created('in/a'));
    await running.told();
    await clock.advance(600_000);
    expect(invocations.map(({ atMs }) => atMs)).toEqual([0, 60_000, 180_000]);
    await running.stop();
  });

  it('tells nobody once it is stopped', async () => {
    const { clock, objects, invocations, start } = telling(['function-error']);
    const running = start();
    objects.take(created('in/a'));
    await running.told();
    await running.stop();
    await clock.advance(600_000);
    expect(invocations).toHaveLength(1);
  });

  it('is told by the server of what is put, with the tag that its sender hears', async () => {
    const heard: unknown[] = [];
    const server = await startS3Server({ buckets: ['files'], onCreated: (object) => heard.push(object) });
    const answer = await fetch(`${server.endpoint}/files/in/a%20b`, { method: 'PUT', body: 'abc' });
    expect(heard).toEqual([{ bucket: 'files', key: 'in/a b', size: 3, etag: answer.headers.get('etag') }]);
    await server.stop();
  });
});

import { expect, test } from 'vitest';
import { CaughtUp } from '../../../src/event-source/caught-up.ts';
import { shardId } from '../../../src/event-source/stream-ids.ts';

const [parent, child] = [shardId('parent'), shardId('child')];
const shards = [
  { id: parent, parents: [] },
  { id: child, parents: [parent] },
];

test('a list older than the question answers nothing: the stream may have had more shards by then', async () => {
  const caughtUp = new CaughtUp();
  const answers: string[] = [];
  caughtUp.listed(shards.slice(0, 1), caughtUp.newest);
  void caughtUp.ask().then((answer) => answers.push(answer));
  caughtUp.drained(parent);
  await Promise.resolve();
  expect(answers).toEqual([]);
  caughtUp.listed(shards, caughtUp.newest);
  await Promise.resolve();
  expect(answers).toEqual([]);
  caughtUp.tip(child, caughtUp.newest);
  await Promise.resolve();
  expect(answers).toEqual(['caught-up']);
});

test('a read older than the question answers nothing', async () => {
  const caughtUp = new CaughtUp();
  const before = caughtUp.newest;
  const answer = caughtUp.ask();
  caughtUp.listed(shards.slice(0, 1), caughtUp.newest);
  caughtUp.tip(parent, before);
  const first = await Promise.race([answer, Promise.resolve('open')]);
  expect(first).toBe('open');
  caughtUp.tip(parent, caughtUp.newest);
  expect(await answer).toBe('caught-up');
});

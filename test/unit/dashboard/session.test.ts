import { describe, expect, it } from 'vitest';
import { isToken, Session } from '../../../src/dashboard/data/session.ts';

const TOKEN = 'eyJh.eyJp.c2ln-_';

/** A tab with this fragment in its address, and what is kept of it. */
function tab(fragment: string, kept = new Map<string, string>()) {
  let address = fragment;
  const session = new Session({
    storage: {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    },
    fragment: () => address,
    replaceFragment: (given) => {
      address = given;
    },
  });
  return { session, kept, address: () => address };
}

describe('the reader’s token', () => {
  it('is taken from the fragment, which does not hold it any more', () => {
    const { session, kept, address } = tab(`#token=${TOKEN}`);
    expect([session.token, address()]).toEqual([TOKEN, '#/']);
    expect(tab('#/alerts', kept).session.token).toBe(TOKEN);
  });

  it('leaves other addresses as they are', () => {
    expect(tab('#/sources/token=x').address()).toBe('#/sources/token=x');
    expect(tab('').session.token).toBeUndefined();
  });

  it('is forgotten once it is not good any more', () => {
    const { session, kept } = tab(`#token=${TOKEN}`);
    session.end();
    expect([session.token, kept.size]).toEqual([undefined, 0]);
  });

  it('has a form that a header can carry', () => {
    expect(isToken(TOKEN)).toBe(true);
    for (const text of ['', 'a.b', 'a.b.c d', 'a.b.c\n', 'a.b.c.d', 'ä.b.c'])
      expect(isToken(text)).toBe(false);
  });
});

// So many at a time: what a page asks when it opens must not be a burst, each of which starts a function of its own.

export interface Slots {
  /** Begins the work when there is room for it. What is returned gives the room back, or the place in the queue; once. */
  take(begin: () => void): () => void;
}

export function createSlots(most: number): Slots {
  let taken = 0;
  const waiting: (() => void)[] = [];
  const next = () => {
    while (taken < most) {
      const begin = waiting.shift();
      if (begin === undefined) return;
      taken += 1;
      begin();
    }
  };
  return {
    take(begin) {
      let state: 'waiting' | 'begun' | 'over' = 'waiting';
      const start = () => {
        state = 'begun';
        begin();
      };
      waiting.push(start);
      next();
      return () => {
        if (state === 'begun') taken -= 1;
        else if (state === 'waiting') waiting.splice(waiting.indexOf(start), 1);
        state = 'over';
        next();
      };
    },
  };
}

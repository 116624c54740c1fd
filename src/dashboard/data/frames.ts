// Work that messages cause is done once a frame, however many come: never a drawing a message.

export interface Frames {
  /** Once before the next frame, however often it is asked for. A tab that is hidden has no frames. */
  request(work: () => void): void;
}

export function createFrames(requestFrame: (run: () => void) => void): Frames {
  let waiting = new Set<() => void>();
  const run = () => {
    const due = waiting;
    waiting = new Set();
    for (const work of due) work();
  };
  return {
    request(work) {
      if (waiting.size === 0) requestFrame(run);
      waiting.add(work);
    },
  };
}

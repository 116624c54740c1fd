/** As fast as it goes, or recorded time divided by this. */
export type ReplaySpeed = 'max' | number;

/** `max`, or a factor such as `1x`, `60x`, `0.5x`; throws a RangeError that says so. */
export function parseReplaySpeed(text: string): ReplaySpeed {
  if (text === 'max') return 'max';
  const factor = /^(\d+(?:\.\d+)?)x$/.exec(text)?.[1];
  const speed = Number(factor);
  if (factor === undefined || !(speed > 0)) {
    throw new RangeError(`speed must be "max" or a factor such as "1x" or "60x"; found "${text}"`);
  }
  return speed;
}

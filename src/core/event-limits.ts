/** How much an event may hold. Lengths count characters (code points). */
export const EVENT_LIMITS = {
  sourceLength: 128,
  idLength: 64,
  typeLength: 64,
  values: 64,
  valueNameLength: 64,
  stateLength: 64,
  tags: 16,
  tagNameLength: 64,
  tagLength: 256,
} as const;

/** The latest time that a Date can represent, ms since the epoch. */
export const MAX_TIME_MS = 8.64e15;

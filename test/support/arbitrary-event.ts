import fc from 'fast-check';

/** Characters a source may hold: anything but control characters and halves of surrogate pairs. */
const printable = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 1 })
  .filter((character) => !/\p{Cc}|\p{Cs}/u.test(character));
const wellFormed = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((c) => c.isWellFormed());

const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'x'),
  fc.string({ unit: wellFormed, minLength: 1, maxLength: 64 }),
);
const value = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));

export const arbitrarySource = fc.oneof(
  fc.constantFrom('dev-1', '__proto__', 'hasOwnProperty'),
  fc.string({ unit: printable, minLength: 1, maxLength: 128 }),
);

/** When the records of these events arrive. */
export const ARRIVAL_MS = 1_700_000_000_000;
export const MAX_CLOCK_SKEW_MS = 300_000;

/** A valid event's fields as a producer sends them, but for the source; values are never -0, which JSON cannot keep. */
export const arbitraryFields = fc.record(
  {
    id: fc.oneof(fc.string({ unit: wellFormed, minLength: 1, maxLength: 64 }), fc.maxSafeInteger()),
    type: fc.string({ unit: wellFormed, minLength: 1, maxLength: 64 }),
    time: fc.oneof(
      fc.nat({ max: ARRIVAL_MS + MAX_CLOCK_SKEW_MS }),
      fc
        .date({ min: new Date(0), max: new Date(ARRIVAL_MS), noInvalidDate: true })
        .map((date) => date.toISOString()),
    ),
    values: fc.dictionary(
      name,
      value.map((number) => number + 0),
      { maxKeys: 8 },
    ),
    tags: fc.dictionary(name, fc.string({ unit: wellFormed, maxLength: 40 }), { maxKeys: 4 }),
    unknown: fc.jsonValue(),
  },
  { requiredKeys: ['time'] },
);

// Remembered ids as the second form of a state had them: an entry an id, in the order they were applied.
import type { EpochMs } from './brands.ts';
import { ByteReader } from './byte-reader.ts';

type Key = number | string;

export function* readIdsV2(encoded: Uint8Array): Iterable<readonly [id: Key, time: EpochMs]> {
  const reader = new ByteReader(encoded);
  let last: Key = '';
  let time = 0;
  while (!reader.done) {
    const step = reader.signed();
    let left = 1;
    let key = readKey(reader, last);
    if (key === RUN) {
      left = reader.varint();
      key = next(last);
    }
    for (; left > 0; left -= 1) {
      time += step;
      last = key;
      yield [key, time];
      if (left > 1) key = next(key);
    }
  }
}

/** Stands for a text where a run is: no id is empty. */
const RUN = '';

/** 0: the number after the one before. 1: a text follows. Else a number greater by 2 than it is. */
function readKey(reader: ByteReader, before: Key): Key {
  const code = reader.varint();
  if (code === 1) return reader.text();
  return code > 1 ? code - 2 : next(before);
}

function next(key: Key): number {
  if (typeof key === 'number') return key + 1;
  throw new Error(`remembered ids: found one that follows ${JSON.stringify(key)}, expected a number there`);
}

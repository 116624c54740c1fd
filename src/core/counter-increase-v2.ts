// What the second version of a state held of a counter: the samples of each window and combination of tags separately. Only read:
// their increase stays with the window, and the source's next sample continues from the latest one.
import type { EpochMs } from './brands.ts';
import type { ByteReader } from './byte-reader.ts';
import { addStep, type CounterRules } from './counter-rules.ts';
import type { ExactSum } from './exact-sum.ts';
import { emptySum } from './exact-sum.ts';
import { readSum } from './sum-encoding.ts';

export interface CounterSampleV2 {
  readonly time: EpochMs;
  readonly order: number;
  readonly value: number;
}

export interface CounterIncreaseV2 {
  readonly increase: ExactSum;
  readonly last: CounterSampleV2 | undefined;
}

export function readIncreaseV2(reader: ByteReader): CounterIncreaseV2 {
  const code = reader.varint();
  const increase = emptySum();
  let last: CounterSampleV2 | undefined;
  if (code % 2 === 1) {
    // A run: its first sample, its last, and what lies between.
    readSample(reader);
    last = readSample(reader);
    readSum(reader, increase);
  }
  const size = Math.floor(code / 2);
  const whole = size > 0 && reader.byte() === 1;
  let before: CounterSampleV2 = NOTHING;
  let stepMs = 0;
  for (let at = 0; at < size; at += 1) {
    const nextMs: number = stepMs + reader.signed();
    const order: number = before.order + 1 + reader.signed();
    const value: number = whole ? before.value + reader.signed() : reader.number();
    stepMs = before === NOTHING ? 0 : nextMs;
    before = { time: before.time + nextMs, order, value };
    if (last !== undefined) addStep(increase, last.value, value, RULES);
    last = before;
  }
  return { increase, last };
}

const NOTHING: CounterSampleV2 = { time: 0, order: 0, value: 0 };
const RULES: CounterRules = { carry: false, dip: 0 };

function readSample(reader: ByteReader): CounterSampleV2 {
  return { time: reader.varint(), order: reader.varint(), value: reader.number() };
}

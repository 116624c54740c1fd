// A value weighed by how long it held: the exact sum of value times ms, and of the ms. Products are split into the rounded product
// and what that lacks (T. J. Dekker, "A floating-point technique for extending the available precision", 1971), so that the mean does not
// depend on the order of its terms.
import type { ExactSum } from './exact-sum.ts';
import { addToSum, copySum, emptySum, isZero, meanOfSum, mergeSum, subtractSum } from './exact-sum.ts';
import { textBytes } from './text-bytes.ts';

export interface TimeWeight {
  /** Name of the value. */
  readonly name: string;
  /** How long it is known to have held one value or another. */
  ms: number;
  readonly sum: ExactSum;
}

export function emptyTimeWeight(name: string): TimeWeight {
  return { name, ms: 0, sum: emptySum() };
}

/** `ms` whole, below zero to take away what was added; `value` finite. */
export function addHeldValue(weight: TimeWeight, value: number, ms: number): void {
  weight.ms += ms;
  if (Math.abs(value) < LARGE) addProduct(weight.sum, value, ms);
  else addLargeProduct(weight.sum, value, ms);
}

export function mergeTimeWeight(into: TimeWeight, other: TimeWeight): void {
  into.ms += other.ms;
  mergeSum(into.sum, other.sum);
}

export function copyTimeWeight({ name, ms, sum }: TimeWeight): TimeWeight {
  return { name, ms, sum: copySum(sum) };
}

/** What has to be merged into something that holds `before` so that it holds `after`; undefined where nothing has changed. */
export function timeWeightDifference(
  before: TimeWeight | undefined,
  after: TimeWeight,
): TimeWeight | undefined {
  const difference = copyTimeWeight(after);
  if (before !== undefined) {
    difference.ms -= before.ms;
    subtractSum(difference.sum, before.sum);
  }
  return difference.ms === 0 && isZero(difference.sum) ? undefined : difference;
}

/** undefined where it is not known of any time what the value was. */
export function timeWeightedMean({ ms, sum }: TimeWeight): number | undefined {
  return ms > 0 ? meanOfSum(sum, ms) : undefined;
}

/** Most bytes it takes in an item, not counting what its sum takes beyond two parts. */
export function timeWeightBytes({ name }: Pick<TimeWeight, 'name'>): number {
  return WEIGHT_BYTES + textBytes(name);
}

/** Index of the name, ms, and a sum of two parts. */
const WEIGHT_BYTES = 32;

/** Products with ms, of which there are less than 2^53, do not overflow below it. */
const LARGE = 2 ** 960;
const SCALE = 2 ** 64;
/** What stands for 2^1024 once scaled down. */
const OVERFLOW = 2 ** 960;

/** Every double is a multiple of 2^-1074, and so is its product with a whole number: nothing is lost below. */
function addProduct(sum: ExactSum, x: number, whole: number): void {
  const product = x * whole;
  addToSum(sum, product);
  const lacking = lackingOf(x, whole, product);
  if (lacking !== 0) addToSum(sum, lacking);
}

function addLargeProduct(sum: ExactSum, x: number, whole: number): void {
  const scaled = x / SCALE;
  const product = scaled * whole;
  const overflow = Math.trunc(product / OVERFLOW);
  sum.overflow += overflow;
  addToSum(sum, (product - overflow * OVERFLOW) * SCALE);
  const lacking = lackingOf(scaled, whole, product);
  if (lacking !== 0) addToSum(sum, lacking * SCALE);
}

/** The exact product of the two, less the rounded one. */
function lackingOf(a: number, b: number, product: number): number {
  const [aHigh, bHigh] = [highOf(a), highOf(b)];
  const [aLow, bLow] = [a - aHigh, b - bHigh];
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** The upper half of the 53 bits of a double (G. W. Veltkamp). */
function highOf(x: number): number {
  const wide = SPLITTER * x;
  return wide - (wide - x);
}

const SPLITTER = 2 ** 27 + 1;

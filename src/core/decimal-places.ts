// How few decimal places say a number exactly.

/** 0 to 6, or undefined where six are not enough, or the number is beyond 2·10^9 and not whole, or 2^53 and whole. */
export function decimalPlaces(x: number): number | undefined {
  const magnitude = Math.abs(x);
  if (Math.floor(magnitude) === magnitude) return magnitude < 2 ** 53 ? 0 : undefined;
  if (magnitude >= MAX_DECIMAL || decimalDigits(magnitude, 6) / 1e6 !== magnitude) return undefined;
  let places = 1;
  while (decimalDigits(magnitude, places) / (POWERS_OF_TEN[places] ?? 1) !== magnitude) places += 1;
  return places;
}

/** The number in units of its last decimal place. */
export function decimalDigits(x: number, places: number): number {
  return Math.round(x * (POWERS_OF_TEN[places] ?? 1));
}

export const POWERS_OF_TEN: readonly number[] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];

/** Below it, multiplying by a million is right to a quarter of a unit: rounding then finds the digits there are. */
const MAX_DECIMAL = 2 ** 51 / 1e6;

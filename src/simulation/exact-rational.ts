// Exact arithmetic on doubles as integers, to check sums against: every finite double is n · 2^-1074.

/** The number as a multiple of 2^-1074. */
export function toScaled(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const magnitude = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
  return bits >> 63n === 1n ? -magnitude : magnitude;
}

/** The double nearest to `scaled / divisor · 2^-1074`, ties to even; ±Infinity beyond the doubles. */
export function nearestDouble(scaled: bigint, divisor = 1n): number {
  if (scaled < 0n) return -nearestDouble(-scaled, divisor);
  // 53 bits are kept, unless the number is subnormal: begin a little below the shift that keeps them, and go up.
  const excessBits = bitsOf(scaled) - bitsOf(divisor) - 56;
  let shift = BigInt(Math.max(0, excessBits));
  while (scaled / (divisor << shift) >= 1n << 53n) shift += 1n;
  const unit = divisor << shift;
  let quotient = scaled / unit;
  const twiceRest = (scaled % unit) * 2n;
  if (twiceRest > unit || (twiceRest === unit && quotient % 2n === 1n)) quotient += 1n;
  return quotient === 0n ? 0 : timesPowerOfTwo(Number(quotient), Number(shift) - 1074);
}

/** Up to 3 more than there are. */
function bitsOf(n: bigint): number {
  return n.toString(16).length * 4;
}

/** Exact where the result is a double: scaling in steps that neither overflow nor underflow early. */
function timesPowerOfTwo(x: number, exponent: number): number {
  let result = x;
  let left = exponent;
  while (left > 0) {
    const step = Math.min(left, 1_000);
    result *= 2 ** step;
    left -= step;
  }
  while (left < 0) {
    const step = Math.min(-left, 1_000);
    result *= 2 ** -step;
    left += step;
  }
  return result;
}

/** Milliseconds since the Unix epoch, as the machine says. */
export function systemNowMs(): number {
  return Date.now();
}

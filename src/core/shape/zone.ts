// Time zones of texts that state none.
import { isTimeZone } from '../time-zone.ts';

const OFFSET = /^(?:UTC|GMT|Z|([+-])(\d\d):?(\d\d)?)$/i;

/** Whether it is `UTC`, an offset such as `+02:00`, or the name of a zone that this machine knows. */
export function isZone(text: string): boolean {
  return OFFSET.test(text) || isTimeZone(text);
}

/** Minutes east of Greenwich; undefined for what is no fixed offset. */
export function fixedOffsetMinutes(text: string): number | undefined {
  const match = OFFSET.exec(text);
  if (match === null) return undefined;
  const [, sign, hours = '0', minutes = '0'] = match;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

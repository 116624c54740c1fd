// Numbers and times as they are read: short, with the exact figure at hand elsewhere.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const figure = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const rate = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const share = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const smallShare = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

export function formatCount(count: number): string {
  return whole.format(count);
}

/** Four figures that count; large and tiny ones with a power. */
export function formatFigure(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(2).replace('e+', 'e');
  if (size >= 1e5) return compact.format(value);
  return figure.format(value);
}

export function formatRate(perSecond: number): string {
  return (perSecond >= 10 ? whole : rate).format(perSecond);
}

export function formatShare(part: number, of: number): string {
  if (of === 0) return '0 %';
  const percent = (part * 100) / of;
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  if (percent < 100 && percent > 99.99) return '> 99.99 %';
  return `${(percent < 1 ? smallShare : share).format(percent)} %`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** In its two largest units: `2 h 5 min`, `45 s`, `250 ms`. */
export function formatDuration(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1_000) return `${Math.round(size)} ms`;
  const first = UNITS.findIndex(([, unit]) => size >= unit);
  const [name, unit] = UNITS[first] ?? ['s', 1_000];
  const next = UNITS[first + 1];
  const count = next === undefined ? Math.round(size / unit) : Math.floor(size / unit);
  const rest = next === undefined ? 0 : Math.floor((size % unit) / next[1]);
  return rest === 0 || next === undefined ? `${count} ${name}` : `${count} ${name} ${rest} ${next[0]}`;
}

/** `12 s ago`, `just now`, `in 3 min`: in one unit. */
export function formatAge(atMs: number, nowMs: number): string {
  const age = nowMs - atMs;
  if (Math.abs(age) < 1_500) return 'just now';
  const [name, unit] = UNITS.find(([, each]) => Math.abs(age) >= each) ?? ['s', 1_000];
  const text = `${Math.floor(Math.abs(age) / unit)} ${name}`;
  return age < 0 ? `in ${text}` : `${text} ago`;
}

/** In the reader's zone. */
export function formatTime(atMs: number, { seconds = true, day = false } = {}): string {
  return (day ? (seconds ? daySeconds : dayMinutes) : seconds ? timeSeconds : timeMinutes).format(atMs);
}

const MINUTES = { hour: '2-digit', minute: '2-digit' } as const;
const SECONDS = { ...MINUTES, second: '2-digit' } as const;
const DAY = { day: 'numeric', month: 'short' } as const;
// Making one takes a hundred times as long as using it.
const timeMinutes = new Intl.DateTimeFormat('en-GB', MINUTES);
const timeSeconds = new Intl.DateTimeFormat('en-GB', SECONDS);
const dayMinutes = new Intl.DateTimeFormat('en-GB', { ...DAY, ...MINUTES });
const daySeconds = new Intl.DateTimeFormat('en-GB', { ...DAY, ...SECONDS });

/** `2026-11-24 20:05:00 UTC` */
export function formatUtc(atMs: number): string {
  const text = new Date(atMs).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`;
}

export function formatValues(values: readonly (string | null)[]): string {
  if (values.length === 0) return 'everything';
  return values.map((value) => (value === null ? '(none)' : value === '' ? '(empty)' : value)).join(' · ');
}

// How far back the charts go.

const RANGES = [
  ['15 min', 900_000],
  ['1 h', 3_600_000],
  ['3 h', 10_800_000],
] as const;

export type RangeMs = (typeof RANGES)[number][1];

export function Ranges({
  value,
  onChange,
}: {
  readonly value: RangeMs;
  readonly onChange: (rangeMs: RangeMs) => void;
}) {
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">How far back</legend>
      {RANGES.map(([name, rangeMs]) => (
        <button key={name} type="button" aria-pressed={rangeMs === value} onClick={() => onChange(rangeMs)}>
          {name}
        </button>
      ))}
    </fieldset>
  );
}

// A small line without axes: the way things go. Its neighbour says the latest figure, so it says nothing itself.

import { HEIGHT, sparkPoints, WIDTH } from './spark-points.ts';

export interface SparklineProps {
  /** The latest last; null where there is none. */
  readonly values: readonly (number | null)[];
}

export function Sparkline({ values }: SparklineProps) {
  const points = sparkPoints(values);
  const last = points.at(-1)?.at(-1);
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      aria-hidden="true"
    >
      {points.map((run) => (
        <polyline key={run[0]?.[0]} points={run.map(([x, y]) => `${x},${y}`).join(' ')} />
      ))}
      {last !== undefined && <circle cx={last[0]} cy={last[1]} r="2.2" />}
    </svg>
  );
}

// What the stack's dashboard in CloudWatch would show of a run on this machine: its graphs, from left to right and row by row.
import type { Fetched } from './api.ts';

export interface Operations {
  readonly atMs: number;
  readonly graphs: readonly OperationsGraph[];
}

export interface OperationsGraph {
  readonly title: string;
  readonly x: number;
  readonly y: number;
  readonly series: readonly OperationsSeries[];
}

export interface OperationsSeries {
  readonly label: string;
  /** Minute by minute, the latest last, which is not over yet; null: nothing was published. */
  readonly values: readonly (number | null)[];
}

export async function loadOperations(get: typeof fetch, signal: AbortSignal): Promise<Fetched<Operations>> {
  try {
    const answer = await get('/.local/dashboards', { signal });
    if (!answer.ok) return { kind: 'missing', detail: 'There are no operators’ graphs here' };
    const value: Operations = await answer.json();
    return { kind: 'answer', value };
  } catch (error) {
    return { kind: 'trouble', detail: `The graphs cannot be read: ${String(error)}` };
  }
}

/** By row, and from left to right within it. */
export function rowsOf({ graphs }: Operations): readonly (readonly OperationsGraph[])[] {
  const byRow = Map.groupBy(graphs, ({ y }) => y);
  return [...byRow].toSorted(([a], [b]) => a - b).map(([, row]) => row.toSorted((a, b) => a.x - b.x));
}

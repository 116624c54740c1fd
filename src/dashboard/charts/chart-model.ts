// What a chart is told to show.
import type { LineColumns } from '../data/chart-columns.ts';

export interface ChartLine {
  readonly label: string;
  readonly columns: LineColumns;
  /** Which of the theme's colours. */
  readonly color: number;
  /** Thin, beside a main line. */
  readonly isMinor?: boolean;
}

export interface ChartBand {
  readonly label: string;
  readonly upper: LineColumns;
  readonly lower: LineColumns;
  readonly color: number;
}

export interface ChartProps {
  readonly title: string;
  /** What it shows, in a sentence. */
  readonly summary: string;
  readonly x: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly band?: ChartBand | undefined;
  readonly kind?: 'line' | 'bars';
  readonly height?: number;
  readonly format: (value: number) => string;
  /** Names stand at the lines' ends. */
  readonly endLabels?: boolean;
  /** The lowest that the scale begins at. */
  readonly fromZero?: boolean;
}

/** What is final, else what is provisional. */
export function wholeOf({ final, provisional }: LineColumns): (number | null)[] {
  return final.map((value, at) => value ?? provisional[at] ?? null);
}

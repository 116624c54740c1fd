// Colours of the charts, as the style sheet has them for the scheme in use: a canvas does not know of style sheets.

export interface ChartTheme {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly surface: string;
  readonly font: string;
  /** Told apart by those who do not see all colours, in the order of their use. */
  readonly series: readonly string[];
}

export const SERIES_COLORS = 8;

export function readTheme(element: Element): ChartTheme {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: of('--text'),
    muted: of('--muted'),
    line: of('--line'),
    surface: of('--surface'),
    font: `12px ${style.fontFamily}`,
    series: Array.from({ length: SERIES_COLORS }, (_, at) => of(`--series-${at}`)),
  };
}

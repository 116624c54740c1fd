// The version keys of a rollup's series: one for each part of each window, `START+END#PART`.

export interface PartOf {
  readonly start: number;
  readonly end: number;
  readonly part: number;
}

export function partKey({ start, end, part }: PartOf): string {
  return `${start}+${end}#${part}`;
}

/** Undefined for what is no such key. */
export function startOfPart(key: string): number | undefined {
  const [, start] = /^(\d+)\+\d+#\d+$/.exec(key) ?? [];
  return start === undefined ? undefined : Number(start);
}

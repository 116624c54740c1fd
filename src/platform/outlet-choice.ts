// Which of the system's results a stack's outlet sends, as the functions get it: a text in their environment.

export const OUTLET_KINDS = ['final', 'provisional', 'late', 'alerts'] as const;
export type OutletKind = (typeof OUTLET_KINDS)[number];

/** The name of the setting: `final,late,alerts`. Without it there is no outlet. */
export const OUTLET_SETTING = 'outletTells';

/** @throws Error for a kind that there is not */
export function readOutletChoice(text: string): ReadonlySet<OutletKind> {
  return new Set(text.split(',').map(kindOf));
}

function kindOf(text: string): OutletKind {
  const kind = OUTLET_KINDS.find((one) => one === text);
  if (kind !== undefined) return kind;
  throw new Error(
    `setting ${OUTLET_SETTING}: found ${JSON.stringify(text)}, expected some of ${OUTLET_KINDS.join(', ')}`,
  );
}

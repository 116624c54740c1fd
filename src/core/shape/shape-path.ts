// Paths into a document: `a.b`, `a[0]`, `a["x.y"]`, `a[*].*`, `^.x`, `$.x`, `@key`, `topic#2`.

export interface ShapePath {
  readonly text: string;
  /** Where it begins: so many splits up from the part at hand, at the document, or at what is known of the record. */
  readonly from: number | 'document' | RecordFact;
  readonly steps: readonly PathStep[];
  /** Which piece between slashes; from the end where negative. */
  readonly segment: number | undefined;
  /** For `@key`: how many scopes around; of the part at hand where it is not there. */
  readonly keyOf?: number;
}

export type RecordFact = '@key' | '@partitionKey' | '@arrival';

export type PathStep =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'every' };

export const MAX_PATH_LENGTH = 256;
export const MAX_PATH_STEPS = 16;
const FACTS: readonly RecordFact[] = ['@key', '@partitionKey', '@arrival'];
const NAME = /[^.[\]{}#^@$*"\s][^.[\]{}#"]*/y;
const INDEX = /\[(\d{1,5})\]/y;
const QUOTED = /\["((?:[^"\\]|\\.)*)"\]/y;
const SEGMENT = /#(-?\d{1,2})$/;

/** A text is what is wrong with it. */
export function parsePath(text: string): ShapePath | string {
  if (text === '' || text.length > MAX_PATH_LENGTH) return `expected 1 to ${MAX_PATH_LENGTH} characters`;
  const [tail, segment] = SEGMENT.exec(text) ?? [''];
  const way = text.slice(0, text.length - tail.length);
  const begun = beginning(way);
  const steps = readSteps(way, begun.at);
  if (typeof steps === 'string') return steps;
  if (steps.length > MAX_PATH_STEPS) return `expected at most ${MAX_PATH_STEPS} steps`;
  return {
    text,
    from: begun.from,
    steps,
    segment: segment === undefined ? undefined : Number(segment),
    ...(begun.keyOf === undefined ? {} : { keyOf: begun.keyOf }),
  };
}

/** As dotted names have it: `*` for every element. */
export function nameOfStep(step: PathStep): string {
  if (step.kind === 'name') return step.name;
  return step.kind === 'index' ? String(step.index) : '*';
}

function beginning(way: string): Pick<ShapePath, 'from' | 'keyOf'> & {
  readonly at: number;
} {
  const fact = FACTS.find((name) => way === name);
  if (fact !== undefined) return { from: fact, at: way.length };
  if (way === '.') return { from: 0, at: 1 };
  if (way.startsWith('$')) return { from: 'document', at: 1 };
  let up = 0;
  while (way[up] === '^') up += 1;
  if (way.slice(up) === '@key') return { from: '@key', keyOf: up, at: way.length };
  return { from: up, at: up };
}

function readSteps(way: string, start: number): PathStep[] | string {
  const steps: PathStep[] = [];
  let at = start;
  while (at < way.length) {
    // A point stands between steps, and may stand behind `^` and `$`; before brackets there is none.
    if (way[at] === '.') at += 1;
    else if (at > 0 && way[at] !== '[' && way[at - 1] !== '^' && way[at - 1] !== '$')
      return nothingAt(way, at);
    const step = readStep(way, at);
    if (step === undefined) return nothingAt(way, at);
    steps.push(step.step);
    at = step.next;
  }
  return steps;
}

function readStep(way: string, at: number): { readonly step: PathStep; readonly next: number } | undefined {
  if (way.startsWith('[*]', at)) return { step: { kind: 'every' }, next: at + 3 };
  if (way[at] === '*') return { step: { kind: 'every' }, next: at + 1 };
  const index = matchAt(INDEX, way, at);
  if (index !== undefined)
    return { step: { kind: 'index', index: Number(index[1]) }, next: at + index[0].length };
  const quoted = matchAt(QUOTED, way, at);
  if (quoted !== undefined) {
    const name = (quoted[1] ?? '').replace(/\\(.)/gs, '$1');
    return { step: { kind: 'name', name }, next: at + quoted[0].length };
  }
  const name = matchAt(NAME, way, at);
  if (name === undefined) return undefined;
  return { step: { kind: 'name', name: name[0] }, next: at + name[0].length };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function nothingAt(way: string, at: number): string {
  return `expected a path such as a.b, a[0], a[*].*, ^.a or $.a; at character ${at + 1} stands ${JSON.stringify(way.slice(at, at + 10))}`;
}

// The text of a document with one part alone left in it: what a dead letter keeps, so that it is read again as that part
// and as nothing else, with all that the part has from around it.
import { elementSpan, elementTexts, memberSpan, memberText } from '../element-texts.ts';
import type { Scope } from './scope.ts';

type Step =
  | { readonly kind: 'into'; readonly key: string | number }
  /** Everything else in the list or object is removed. */
  | { readonly kind: 'keep'; readonly key: string | number }
  /** In each of the lists there. */
  | { readonly kind: 'keep in each'; readonly key: number };

/** `text` is the JSON of the document. Numbers and texts stay as they were written. */
export function keepPart(text: string, scope: Scope): string {
  let before = '';
  let after = '';
  let rest = text;
  for (const { kind, key } of stepsTo(scope)) {
    if (kind === 'keep in each') return before + keepInEach(rest, key) + after;
    const span = typeof key === 'number' ? elementSpan(rest, key) : memberSpan(rest, key);
    // A part that was opened from a text is kept with all of that text.
    if (span === undefined) break;
    if (kind === 'into') {
      before += rest.slice(0, span.start);
      after = rest.slice(span.end) + after;
    } else {
      before += typeof key === 'number' ? '[' : `{${JSON.stringify(key)}:`;
      after = (typeof key === 'number' ? ']' : '}') + after;
    }
    rest = rest.slice(span.start, span.end);
  }
  return before + rest + after;
}

/** What is no list stays as it is: it belongs to no part. */
function keepInEach(text: string, at: number): string {
  const ofList = (each: string) =>
    each.trimStart().startsWith('[') ? `[${elementTexts(each)[at] ?? ''}]` : each;
  const container: unknown = JSON.parse(text);
  if (Array.isArray(container)) return `[${elementTexts(text).map(ofList).join(',')}]`;
  const members = Object.keys(Object(container)).map(
    (name) => `${JSON.stringify(name)}:${ofList(memberText(text, name) ?? 'null')}`,
  );
  return `{${members.join(',')}}`;
}

function stepsTo(scope: Scope): readonly Step[] {
  if (scope.up === undefined) return [];
  const via: readonly Step[] = scope.via.map((key) => ({ kind: 'into', key }));
  return [...stepsTo(scope.up), ...via, ...keepStep(scope)];
}

function keepStep({ key, isTransposed }: Scope): readonly Step[] {
  if (key === undefined) return [];
  return isTransposed === true && typeof key === 'number'
    ? [{ kind: 'keep in each', key }]
    : [{ kind: 'keep', key }];
}

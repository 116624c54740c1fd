// All pages of a list, up to a bound: no one looks through more than that.
import type { Schema } from '../../wire/api/schema.ts';
import type { Api, Fetched } from './api.ts';

export interface AllOf<E> {
  readonly entries: readonly E[];
  /** There are more than the bound. */
  readonly isCut: boolean;
}

export interface ListToLoad<P extends { readonly next?: string }, E> {
  readonly path: string;
  readonly schema: Schema<P>;
  readonly entriesOf: (page: P) => readonly E[];
  readonly limit: number;
  readonly atMost: number;
  readonly query?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export async function loadAll<P extends { readonly next?: string }, E>(
  api: Api,
  { path, schema, entriesOf, limit, atMost, query, signal }: ListToLoad<P, E>,
): Promise<Fetched<AllOf<E>>> {
  const entries: E[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.get(path, schema, { query: { ...query, limit, cursor }, signal });
    if (page.kind !== 'answer') return page;
    entries.push(...entriesOf(page.value));
    cursor = page.value.next;
  } while (cursor !== undefined && entries.length < atMost);
  return { kind: 'answer', value: { entries: entries.slice(0, atMost), isCut: cursor !== undefined } };
}

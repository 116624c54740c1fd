// The query API, as far as the dashboard asks it. Answers are checked by the API's own definitions.
import type { Checked } from '../../wire/api/check-value.ts';
import { checkValue } from '../../wire/api/check-value.ts';
import type { Schema } from '../../wire/api/schema.ts';

export type Fetched<T> =
  | { readonly kind: 'answer'; readonly value: T }
  /** The token is refused: it will not get better by asking again. */
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'missing'; readonly detail: string }
  | { readonly kind: 'trouble'; readonly detail: string };

export interface Api {
  /** `path` begins with `/v1/`; what is said in `query` and undefined is left out. */
  get<T>(path: string, schema: Schema<T>, options?: GetOptions): Promise<Fetched<T>>;
}

export interface GetOptions {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly signal?: AbortSignal;
}

export interface ApiDeps {
  readonly fetch: typeof fetch;
  readonly token: () => string | undefined;
  readonly onUnauthorized: () => void;
}

export function createApi({ fetch, token, onUnauthorized }: ApiDeps): Api {
  return {
    async get(path, schema, { query = {}, signal } = {}) {
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries(query)) {
        if (value !== undefined) search.set(name, String(value));
      }
      const text = search.toString();
      let answer: Response;
      let body: unknown;
      try {
        // The browser keeps answers by their tags, and asks whether they have changed.
        answer = await fetch(`api${path}${text === '' ? '' : `?${text}`}`, {
          headers: { Authorization: `Bearer ${token() ?? ''}` },
          ...(signal === undefined ? {} : { signal }),
        });
        body = await answer.json();
      } catch (error) {
        return { kind: 'trouble', detail: `No answer: ${error instanceof Error ? error.message : error}` };
      }
      if (answer.status === 401 || answer.status === 403) {
        onUnauthorized();
        return { kind: 'unauthorized' };
      }
      if (answer.status === 404) return { kind: 'missing', detail: detailOf(body) };
      if (!answer.ok) return { kind: 'trouble', detail: `${answer.status}: ${detailOf(body)}` };
      return answered(checkValue(schema, body, '', { newer: true }));
    },
  };
}

function answered<T>(checked: Checked<T>): Fetched<T> {
  if (checked.kind === 'valid') return { kind: 'answer', value: checked.value };
  const [{ where, found, expected } = { where: '', found: '', expected: '' }] = checked.problems;
  return {
    kind: 'trouble',
    detail: `The answer is of another version: ${where}: found ${found}, expected ${expected}`,
  };
}

function detailOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return 'no reason given';
  if ('detail' in body && typeof body.detail === 'string') return body.detail;
  return 'message' in body && typeof body.message === 'string' ? body.message : 'no reason given';
}

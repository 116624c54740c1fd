// What an operation comes to, before it is written as JSON or CSV with its headers.
import type { ValueProblem } from '../../src/wire/api/check-value.ts';
import type { CsvTable } from './csv.ts';

export type Outcome<A> = Answered<A> | Refused;

export interface Answered<A> {
  readonly kind: 'answer';
  readonly body: A;
  /** Where the operation has a CSV form. */
  readonly csv?: CsvTable;
  /** Cursor of the next page. */
  readonly next?: string | undefined;
  readonly cacheControl?: string;
}

export interface Refused {
  readonly kind: 'refused';
  readonly status: 400 | 404 | 406 | 500 | 503;
  readonly title: string;
  readonly detail: string;
  readonly problems?: readonly ValueProblem[];
}

export function badRequest(problems: readonly ValueProblem[]): Refused {
  const detail = problems.map(
    ({ where, found, expected }) => `${where}: found ${found}, expected ${expected}`,
  );
  return {
    kind: 'refused',
    status: 400,
    title: 'Invalid parameter',
    detail: detail.join('; '),
    problems,
  };
}

export function notFound(problem: ValueProblem): Refused {
  const { where, found, expected } = problem;
  return {
    kind: 'refused',
    status: 404,
    title: 'Not Found',
    detail: `${where}: found ${found}, expected ${expected}`,
    problems: [problem],
  };
}

/** 503: the client should ask again in a moment. */
export function notYet(detail: string): Refused {
  return { kind: 'refused', status: 503, title: 'Service Unavailable', detail };
}

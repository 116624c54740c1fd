// Every way of doing the work that is timed. The first is what the others are compared to.
import type { CreateCase } from './bench-case.ts';
import type { EventForm } from './workload.ts';

export interface CaseEntry {
  readonly name: string;
  readonly title: string;
  readonly load: () => Promise<{ readonly createCase: CreateCase }>;
  /** At most so many times the floor, at 1,000 records a batch. */
  readonly target?: number;
  /** How events come; default: in their own form. */
  readonly form?: EventForm;
}

export const CASES: readonly CaseEntry[] = [
  {
    name: 'floor',
    title: 'floor: base64, JSON.parse, add to a Map',
    load: () => import('./cases/floor.ts'),
  },
  {
    name: 'decode-and-fold',
    title: 'decode, validate, dedupe, fold',
    load: () => import('./cases/decode-and-fold.ts'),
    target: 1.1,
  },
  {
    name: 'decode-and-fold-shaped',
    title: 'the same of a flat form, by a shape that renames',
    load: () => import('./cases/decode-and-fold-shaped.ts'),
    target: 2.2,
    form: 'flat',
  },
  {
    name: 'aggregate',
    title: 'aggregate, whole: 25 states a call',
    load: () => import('./cases/aggregate.ts'),
    target: 3,
  },
  {
    name: 'aggregate-call-each',
    title: 'aggregate, whole: a call for each state',
    load: () => import('./cases/aggregate-call-each.ts'),
  },
  {
    name: 'powertools-batch',
    title: 'Powertools batch: 25 sums a call',
    load: () => import('./cases/powertools-batch.ts'),
  },
  {
    name: 'powertools-parser',
    title: 'Powertools batch and parser: 25 sums a call',
    load: () => import('./cases/powertools-parser.ts'),
  },
  {
    name: 'powertools-idempotency',
    title: 'Powertools idempotency: two calls a record',
    load: () => import('./cases/powertools-idempotency.ts'),
  },
  {
    name: 'aws-lambda-stream',
    title: 'aws-lambda-stream: a call for each sum',
    load: () => import('./cases/aws-lambda-stream.ts'),
  },
];

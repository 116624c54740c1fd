// The operations of the query API: the one place that says what each takes and answers. Requests are checked by it,
// answers are typed by it, and the OpenAPI document is made of it.
import { ALERT_STATUSES } from '../../core/alerts/alert-state.ts';
import {
  alertsSchema,
  ledgerSchema,
  pipelineSchema,
  rollupSeriesSchema,
  rollupWindowsSchema,
  sourceDetailSchema,
  sourcesSchema,
  sourceWindowsSchema,
} from './answers.ts';
import type { OpenApiDocument } from './openapi-document.ts';
import type { Parameter, ParameterType } from './parameter.ts';
import { pathText, queryChoice, queryInteger, queryNumbers, queryText, queryTime } from './parameter.ts';
import type { Schema } from './schema.ts';
import { choice } from './schema.ts';

export interface Operation {
  readonly path: string;
  readonly summary: string;
  readonly parameters: Readonly<Record<string, Parameter<unknown>>>;
  /** undefined: the OpenAPI document itself. */
  readonly answer: Schema<unknown> | undefined;
  /** Whether the answer is available as CSV too. */
  readonly csv: boolean;
  /** Whether it may answer that there is no such thing. */
  readonly mayMiss: boolean;
}

const limit = (most: number) =>
  queryInteger(`Most entries a page; a page may hold fewer and yet not be the last`, {
    minimum: 1,
    maximum: most,
    default: Math.min(50, most),
  });
const cursor = queryText(
  'Where the page begins: `next` of the page before, with the other parameters unchanged',
  {
    maxLength: 4_000,
  },
);
const source = pathText('The source’s name', { maxLength: 128 });
const rollup = pathText('The rollup’s name', { maxLength: 64 });
const range = {
  from: queryTime('Windows that start at or after this moment (event time):'),
  to: queryTime('Windows that start before this moment:'),
  order: queryChoice('By start: asc, the earliest first, or desc', choice('asc', 'desc'), 'asc'),
  p: queryNumbers('Quantiles of each metric, in percent: `50,99`', {
    minimum: 0,
    maximum: 100,
    maxItems: 20,
  }),
  limit: limit(200),
  cursor,
};

export const OPERATIONS = {
  listSources: {
    path: '/v1/sources',
    summary: 'The sources, in no particular order, each with its event time and counts',
    parameters: { limit: limit(100), cursor },
    answer: sourcesSchema,
    csv: true,
    mayMiss: false,
  },
  getSource: {
    path: '/v1/sources/{source}',
    summary: 'What is stored about one source',
    parameters: { source },
    answer: sourceDetailSchema,
    csv: false,
    mayMiss: true,
  },
  listSourceWindows: {
    path: '/v1/sources/{source}/windows',
    summary: 'The windows of a source in one aggregation: closed ones, and open ones as they are now',
    parameters: {
      source,
      aggregation: queryText('The aggregation’s name; needed where there are several', { maxLength: 64 }),
      ...range,
    },
    answer: sourceWindowsSchema,
    csv: true,
    mayMiss: true,
  },
  getPipeline: {
    path: '/v1/pipeline',
    summary: 'The aggregations and rollups of the pipeline',
    parameters: {},
    answer: pipelineSchema,
    csv: false,
    mayMiss: false,
  },
  listRollupSeries: {
    path: '/v1/rollups/{name}',
    summary: 'The combinations of tag values that a rollup has windows of',
    parameters: { name: rollup, limit: limit(500), cursor },
    answer: rollupSeriesSchema,
    csv: true,
    mayMiss: true,
  },
  listRollupWindows: {
    path: '/v1/rollups/{name}/{value}/windows',
    summary: 'The windows of a rollup for one combination of tag values, over all sources',
    parameters: {
      name: rollup,
      value: pathText(
        'Tag values in the order of the rollup’s tags (of its first level, of its first two, and so on), separated by ' +
          'commas. In a value `,` is written `\\,` and `\\` is written `\\\\`; `\\e` is the empty text, `\\n` stands ' +
          'for events without the tag. `*` where the rollup has no tags',
        { maxLength: 2_000 },
      ),
      ...range,
    },
    answer: rollupWindowsSchema,
    csv: true,
    mayMiss: true,
  },
  listAlerts: {
    path: '/v1/alerts',
    summary:
      'The alerts that are not well: active ones by rule, then those that have resolved, the latest first',
    parameters: {
      rule: queryText('Those of this rule', { maxLength: 64 }),
      source: queryText('All that the pipeline’s rules have on this source, well or not', { maxLength: 128 }),
      status: queryChoice(
        'Those that stand so: `active` is pending or firing, `any` all of them; `ok` only with `source`',
        choice('any', 'active', ...ALERT_STATUSES),
        'any',
      ),
      limit: limit(200),
      cursor,
    },
    answer: alertsSchema,
    csv: true,
    mayMiss: false,
  },
  getLedger: {
    path: '/v1/ledger',
    summary: 'The ledger: how many events got which verdict, as last added up',
    parameters: {},
    answer: ledgerSchema,
    csv: false,
    mayMiss: true,
  },
  getOpenApi: {
    path: '/v1/openapi.json',
    summary: 'This document',
    parameters: {},
    answer: undefined,
    csv: false,
    mayMiss: false,
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof OPERATIONS;

/** What a request for the operation says once it is read. */
export type RequestOf<N extends OperationName> = {
  readonly [K in keyof (typeof OPERATIONS)[N]['parameters']]: ParameterType<
    (typeof OPERATIONS)[N]['parameters'][K]
  >;
};

export type AnswerOf<N extends OperationName> =
  (typeof OPERATIONS)[N]['answer'] extends Schema<infer A> ? A : OpenApiDocument;

// What the query API answers: a schema each.
import { DIFFERENCE_KINDS } from '../../core/audit/difference.ts';
import { alertSchema } from './alert-answer.ts';
import type { TypeOf } from './schema.ts';
import { choice, described, flag, integer, list, named, nullable, object, text } from './schema.ts';
import { windowSchema } from './window-answer.ts';

const count = integer({ minimum: 0 });
const timeMs = described('ms since the Unix epoch', integer());
const next = described('Cursor of the next page; not there on the last one', text());

const countsSchema = named(
  'Counts',
  object({ received: count, applied: count, duplicate: count, late: count, quarantined: count }),
);

const tagsSchema = described(
  'Values of the tags that rollups and alerts go by, as its latest open windows have them',
  list(named('TagValue', object({ tag: text(), value: text() }))),
);

const sourceSchema = named(
  'Source',
  object(
    { source: text(), version: described('Rises by one with every write of its state', count) },
    {
      maxTimeMs: described('The greatest event time it has shown', integer()),
      lastArrivalMs: timeMs,
      counts: countsSchema,
      openWindows: count,
      tags: tagsSchema,
      unreadable: described('Why its state cannot be read; then nothing else is known', text()),
    },
  ),
);

export const sourcesSchema = named('SourcesPage', object({ sources: list(sourceSchema) }, { next }));

export const sourceDetailSchema = named(
  'SourceDetail',
  object({
    source: text(),
    version: count,
    maxTimeMs: integer(),
    lastArrivalMs: timeMs,
    counts: countsSchema,
    rememberedIds: count,
    rememberedIdPages: count,
    tags: tagsSchema,
    aggregations: list(
      named(
        'SourceAggregation',
        object({ name: text(), openWindows: count, late: described('Events late for it', count) }),
      ),
    ),
  }),
);

export const sourceWindowsSchema = named(
  'SourceWindowsPage',
  object({ source: text(), aggregation: text(), windows: list(windowSchema) }, { next }),
);

const valuesSchema = described(
  'Tag values in the order of the rollup’s tags; null for events without the tag',
  list(nullable(text())),
);

export const rollupSeriesSchema = named(
  'RollupSeriesPage',
  object(
    {
      rollup: text(),
      series: list(named('RollupSeries', object({ tags: list(text()), values: valuesSchema }))),
    },
    { next },
  ),
);

export const rollupWindowsSchema = named(
  'RollupWindowsPage',
  object({ rollup: text(), tags: list(text()), values: valuesSchema, windows: list(windowSchema) }, { next }),
);

export const pipelineSchema = named(
  'PipelineOutline',
  object({
    aggregations: list(
      named(
        'AggregationOutline',
        object({
          name: text(),
          window: described(
            'tumbling SIZE, hopping SIZE EVERY (both may go on: offset OFFSET), calendar UNIT ZONE (of weeks the first day), session GAP',
            text(),
          ),
          allowedLatenessMs: count,
          idleTimeoutMs: count,
          aggregates: list(text()),
          distinct: list(text()),
          topK: list(object({ of: text(), k: count })),
        }),
      ),
    ),
    rollups: list(
      named(
        'RollupOutline',
        object({
          name: text(),
          of: text(),
          levels: described('The tags of each level, the widest first', list(list(text()))),
        }),
      ),
    ),
  }),
);

const auditSchema = named(
  'Audit',
  described(
    'What the latest whole pass of the audit has found; absent before the first',
    object(
      {
        finishedMs: timeMs,
        sources: described('Sources that were compared with what is stored of them', count),
        windows: count,
        rollupWindows: count,
        differences: described(
          'Places where the books do not add up, in this pass or the one under way',
          count,
        ),
        waiting: described('Places that are not decided, since changes are under way', count),
      },
      {
        shards: described(
          'Shards of the stream whose records were compared with what the archive has of them; absent without an archive',
          count,
        ),
        ids: named(
          'AuditIds',
          described(
            'Numbers left out by sources whose ids count: information, no difference. Absent before the first pass that looked at ids',
            object(
              {
                counters: described('Sources whose ids count', count),
                withGaps: described('Those of them with gaps', count),
                missing: described('Numbers left out, of all sources', count),
              },
              {
                first: named(
                  'AuditGap',
                  object({
                    source: text(),
                    from: described('Of its first gap, the first number', count),
                    to: described('The last one', count),
                    missing: described('Numbers that the source has left out', count),
                    notApplied: described(
                      'Events of the source that were late or quarantined, ever: they may be among those numbers',
                      count,
                    ),
                  }),
                ),
              },
            ),
          ),
        ),
        first: named(
          'AuditDifference',
          object({
            kind: choice(...DIFFERENCE_KINDS),
            place: text(),
            found: integer(),
            expected: integer(),
            detail: text(),
            pointsTo: described('What kind of cause', text()),
          }),
        ),
      },
    ),
  ),
);

export const ledgerSchema = named(
  'Ledger',
  object(
    {
      received: count,
      applied: count,
      duplicate: count,
      late: count,
      quarantined: count,
      sources: count,
      lateLetters: described('Late events kept in the dead letters', count),
      setAside: described(
        'Events with values that do not count, which the dead letters name; each has its verdict',
        count,
      ),
      held: described(
        'Events that wait for sources which are held: they have no verdict yet, and are in no other count',
        count,
      ),
      unreadableSources: described(
        'Sources whose own books cannot be read: they are in no other count',
        count,
      ),
      balanced: described('received = applied + duplicate + late + quarantined', flag()),
      fromMs: described('When the adding up began: no figure is older', timeMs),
      toMs: described('When it ended: none is newer', timeMs),
    },
    { audit: auditSchema },
  ),
);

export const alertsSchema = named('AlertsPage', object({ alerts: list(alertSchema) }, { next }));

export const problemSchema = named(
  'Problem',
  object(
    {
      type: described('What kind of problem', text()),
      title: text(),
      status: integer({ minimum: 400, maximum: 599 }),
      detail: text(),
    },
    {
      problems: list(named('FieldProblem', object({ where: text(), found: text(), expected: text() }))),
    },
  ),
);

export type SourcesAnswer = TypeOf<typeof sourcesSchema>;
export type SourceAnswer = SourcesAnswer['sources'][number];
export type SourceDetailAnswer = TypeOf<typeof sourceDetailSchema>;
export type SourceWindowsAnswer = TypeOf<typeof sourceWindowsSchema>;
export type RollupSeriesAnswer = TypeOf<typeof rollupSeriesSchema>;
export type RollupWindowsAnswer = TypeOf<typeof rollupWindowsSchema>;
export type PipelineAnswer = TypeOf<typeof pipelineSchema>;
export type AlertsAnswer = TypeOf<typeof alertsSchema>;
export type LedgerAnswer = TypeOf<typeof ledgerSchema>;
export type Problem = TypeOf<typeof problemSchema>;

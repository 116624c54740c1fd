// The books, drawn so that one sees them balance, and how far behind what is shown here is.
import type { LedgerAnswer } from '../../wire/api/answers.ts';
import { formatCount, formatDuration, formatShare } from '../data/format.ts';
import { agesOf, latenessOf } from '../data/freshness.ts';
import { useLedger, useSourceRows } from '../data/use-lists.ts';
import { useNow } from '../data/use-now.ts';
import { Link } from '../parts/link.tsx';
import { Notice } from '../parts/notice.tsx';
import { Tile } from '../parts/tile.tsx';
import { Age, Time } from '../parts/time.tsx';

const VERDICTS = ['applied', 'duplicate', 'late', 'quarantined'] as const;
const TOLD: Readonly<Record<(typeof VERDICTS)[number], string>> = {
  applied: 'folded into its windows',
  duplicate: 'its id had been applied already',
  late: 'all its windows had closed; kept as a dead letter',
  quarantined: 'not valid; kept as a dead letter',
};

export function LedgerView() {
  const { value: ledger, trouble, missing } = useLedger();
  return (
    <>
      <h1 tabIndex={-1}>Ledger and lag</h1>
      {(trouble ?? missing) !== undefined && <Notice kind="trouble">{trouble ?? missing}</Notice>}
      {ledger === undefined ? <Notice>Adding up the ledger…</Notice> : <Books ledger={ledger} />}
      {ledger !== undefined && <Audited audit={ledger.audit} />}
      <Freshness />
    </>
  );
}

function Books({ ledger }: { readonly ledger: LedgerAnswer }) {
  const { received, applied, balanced } = ledger;
  const sum = VERDICTS.reduce((total, verdict) => total + ledger[verdict], 0);
  const rest = sum - applied;
  return (
    <section class="panel" aria-labelledby="books-heading">
      <div class="bar">
        <h2 id="books-heading">Every event has one verdict</h2>
        <p class={`verdict ${balanced ? 'good' : 'bad'}`}>
          {balanced ? '✓ The books balance' : `✗ Off by ${formatCount(received - sum)}`}
        </p>
      </div>
      <div
        class="books"
        role="img"
        aria-label={`Received ${formatCount(received)}; ${VERDICTS.map((verdict) => `${verdict} ${formatCount(ledger[verdict])}`).join(', ')}: ${balanced ? 'balanced' : 'not balanced'}.`}
      >
        <Strip name="received" parts={[{ name: 'received', count: received }]} of={Math.max(received, sum)} />
        <Strip
          name="verdicts"
          parts={VERDICTS.map((name) => ({ name, count: ledger[name] }))}
          of={Math.max(received, sum)}
        />
        {rest > 0 && (
          <Strip
            name={`the ${formatShare(rest, sum)} not applied, enlarged`}
            parts={VERDICTS.slice(1).map((name) => ({ name, count: ledger[name] }))}
            of={rest}
          />
        )}
      </div>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Verdict</th>
              <th scope="col" class="number">
                Events
              </th>
              <th scope="col" class="number">
                Share
              </th>
              <th scope="col" class="wide">
                What it means
              </th>
            </tr>
          </thead>
          <tbody>
            {VERDICTS.map((verdict) => (
              <tr key={verdict}>
                <th scope="row">
                  <span class={`swatch ${verdict}`} aria-hidden="true" />
                  {verdict}
                </th>
                <td class="number">{formatCount(ledger[verdict])}</td>
                <td class="number">{formatShare(ledger[verdict], received)}</td>
                <td class="wide muted">{TOLD[verdict]}</td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">received</th>
              <td class="number">{formatCount(received)}</td>
              <td class="number">100 %</td>
              <td class="wide muted">by {formatCount(ledger.sources)} sources</td>
            </tr>
          </tfoot>
        </table>
      </div>
      <p class="muted">
        Added up between <Time atMs={ledger.fromMs} /> and <Time atMs={ledger.toMs} />, once a minute at most.
      </p>
    </section>
  );
}

/** What was counted elsewhere, and where it differs. */
function Audited({ audit }: { readonly audit: LedgerAnswer['audit'] | undefined }) {
  const isGood = audit !== undefined && audit.differences === 0;
  return (
    <section class="panel" aria-labelledby="audit-heading">
      <div class="bar">
        <h2 id="audit-heading">Audit of what is stored</h2>
        {audit !== undefined && (
          <p class={`verdict ${isGood ? 'good' : 'bad'}`}>
            {isGood ? '✓ No difference' : `✗ ${formatCount(audit.differences)} differences`}
          </p>
        )}
      </div>
      {audit === undefined ? (
        <p class="muted">The audit has not finished its first pass yet. It starts a pass every hour.</p>
      ) : (
        <>
          {audit.first !== undefined && <FirstDifference first={audit.first} />}
          <p class="muted">
            Compared until <Time atMs={audit.finishedMs} />:{' '}
            {audit.shards === undefined
              ? ''
              : `the records of ${formatCount(audit.shards)} shards with the archive, `}
            {formatCount(audit.sources)} sources, {formatCount(audit.windows)} windows,{' '}
            {formatCount(audit.rollupWindows)} rollup windows
            {audit.shards === undefined && '; without an archive nobody else counts what the stream carries'}
            {audit.waiting > 0 && `; ${formatCount(audit.waiting)} places wait for changes under way`}.
          </p>
          {audit.ids?.first !== undefined && <Gaps ids={audit.ids} first={audit.ids.first} />}
        </>
      )}
    </section>
  );
}

type CountedIds = NonNullable<NonNullable<LedgerAnswer['audit']>['ids']>;

/** No trouble of the books: a device may leave out numbers on its own account. */
function Gaps({
  ids: { counters, withGaps, missing },
  first,
}: {
  readonly ids: CountedIds;
  readonly first: NonNullable<CountedIds['first']>;
}) {
  const { source, from, to, missing: own, notApplied } = first;
  return (
    <p class="muted">
      {formatCount(withGaps)} of {formatCount(counters)} sources whose ids count have left out numbers,{' '}
      {formatCount(missing)} in all. The first: <Link to={{ page: 'source', source }}>{source}</Link>,{' '}
      {from === to ? `id ${from}` : `ids ${from} to ${to}`}; it has left out {formatCount(own)}
      {notApplied > 0 && `, and ${formatCount(notApplied)} of its events were late or quarantined`}.
    </p>
  );
}

function FirstDifference({
  first,
}: {
  readonly first: NonNullable<NonNullable<LedgerAnswer['audit']>['first']>;
}) {
  const { kind, place, found, expected, detail, pointsTo } = first;
  return (
    <Notice kind="trouble">
      The first: {kind} at {place}. Found {formatCount(found)}, expected {formatCount(expected)}: {detail}. It
      points to: {pointsTo}.
    </Notice>
  );
}

interface StripProps {
  readonly name: string;
  readonly parts: readonly { readonly name: string; readonly count: number }[];
  readonly of: number;
}

function Strip({ name, parts, of }: StripProps) {
  return (
    <div class="strip">
      <span class="muted">{name}</span>
      <div>
        {parts
          .filter(({ count }) => count > 0)
          .map(({ name: part, count }) => (
            <span
              key={part}
              class={`swatch ${part}`}
              style={{ width: `${(100 * count) / Math.max(1, of)}%` }}
            >
              {count / of > 0.09 && <b>{part}</b>}
            </span>
          ))}
      </div>
    </div>
  );
}

/** The API does not say how far each consumer is behind; what it says about sources gives a bound. */
function Freshness() {
  const { rows, atMs } = useSourceRows(undefined);
  const nowMs = useNow();
  if (rows === undefined || atMs === undefined) return null;
  const sources = rows.map(({ source }) => source);
  const newest = sources.reduce((latest, { lastArrivalMs = 0 }) => Math.max(latest, lastArrivalMs), 0);
  const ages = agesOf(sources, atMs);
  const lateness = latenessOf(sources);
  const worst = sources
    .filter(({ counts }) => counts !== undefined && counts.late + counts.quarantined > 0)
    .toSorted((a, b) => lostOf(b) - lostOf(a))
    .slice(0, 8);
  return (
    <>
      <section class="panel" aria-labelledby="lag-heading">
        <h2 id="lag-heading">How current the data is</h2>
        <p class="muted">
          Measured from this page; each consumer’s own lag is among the stack’s metrics (IteratorAge). As long
          as events arrive, the stream’s consumer is behind by at most the age of the newest arrival.
        </p>
        <dl class="tiles small">
          <Tile
            name="newest arrival folded in"
            note={`when last looked, ${formatDuration(Math.max(0, Math.round((nowMs - atMs) / 1_000) * 1_000))} ago`}
          >
            {newest === 0 ? '–' : `${formatDuration(Math.max(0, atMs - newest))}`}
          </Tile>
          <Tile name="arrival after event time, median" note="of each source’s latest">
            {lateness === undefined ? '–' : signed(lateness.median)}
          </Tile>
          <Tile name="arrival after event time, p95" note="negative: a clock that is fast">
            {lateness === undefined ? '–' : signed(lateness.p95)}
          </Tile>
        </dl>
        <AgeTable ages={ages} of={sources.length} />
      </section>
      {worst.length > 0 && <LostMost sources={worst} nowMs={nowMs} />}
    </>
  );
}

interface AgeTableProps {
  readonly ages: ReturnType<typeof agesOf>;
  /** How many sources there are. */
  readonly of: number;
}

function AgeTable({ ages, of }: AgeTableProps) {
  return (
    <table class="shares">
      <thead>
        <tr>
          <th scope="col">Last seen</th>
          <th scope="col" class="number">
            Sources
          </th>
          <th scope="col">Share</th>
        </tr>
      </thead>
      <tbody>
        {ages.map(({ name, count }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="number">{formatCount(count)}</td>
            <td>
              <span class="share" style={{ '--share': `${(100 * count) / Math.max(1, of)}%` }}>
                {formatShare(count, of)}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface LostMostProps {
  readonly sources: readonly Parameters<typeof agesOf>[0][number][];
  readonly nowMs: number;
}

function LostMost({ sources, nowMs }: LostMostProps) {
  return (
    <section class="panel" aria-labelledby="worst-heading">
      <h2 id="worst-heading">Sources with most events lost</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col" class="number">
                Late
              </th>
              <th scope="col" class="number">
                Quarantined
              </th>
              <th scope="col" class="number">
                Share of received
              </th>
              <th scope="col" class="number">
                Last seen
              </th>
            </tr>
          </thead>
          <tbody>
            {sources.map((source) => (
              <tr key={source.source}>
                <th scope="row">
                  <Link to={{ page: 'source', source: source.source }}>{source.source}</Link>
                </th>
                <td class="number">{formatCount(source.counts?.late ?? 0)}</td>
                <td class="number">{formatCount(source.counts?.quarantined ?? 0)}</td>
                <td class="number">{formatShare(lostOf(source), source.counts?.received ?? 0)}</td>
                <td class="number">
                  {source.lastArrivalMs !== undefined && <Age atMs={source.lastArrivalMs} nowMs={nowMs} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function lostOf({
  counts,
}: {
  readonly counts?: { readonly late: number; readonly quarantined: number };
}): number {
  return (counts?.late ?? 0) + (counts?.quarantined ?? 0);
}

function signed(ms: number): string {
  return `${ms < 0 ? '−' : ''}${formatDuration(ms)}`;
}

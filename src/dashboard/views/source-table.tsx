// Every source, as many rows in the page as can be seen: the others are room above and below.
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatCount } from '../data/format.ts';
import { type Sort, type SourceRow, selectSources } from '../data/sort-sources.ts';
import { useNow } from '../data/use-now.ts';
import { topRow, visibleRows } from '../data/visible-rows.ts';
import { Notice } from '../parts/notice.tsx';
import { type Scrolled, SourceTableRow } from './source-table-row.tsx';

/** As the style sheet has it. */
const ROW_PX = 44;
const COLUMNS: readonly { readonly title: string; readonly sort?: Sort; readonly class?: string }[] = [
  { title: 'Source', sort: 'name' },
  { title: 'Alert', sort: 'alert' },
  { title: 'Tags', class: 'wide' },
  { title: 'Latest', class: 'wide' },
  { title: 'Trend' },
  { title: 'Events/s', sort: 'rate', class: 'number middle' },
  { title: 'Last seen', sort: 'seen', class: 'number' },
];

export function SourceTable({
  rows,
  isCut,
}: {
  readonly rows: readonly SourceRow[] | undefined;
  readonly isCut: boolean;
}) {
  const [search, setSearch] = useState('');
  const [sort, setSort] = useState<Sort>('alert');
  const [scroll, setScroll] = useState({ top: 0, height: 600 });
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef(new Map<string, DrawnRow>());
  const scrolledMs = useRef(0);
  const nowMs = useNow();
  const selected = useMemo(() => selectSources(rows ?? [], { search, sort }), [rows, search, sort]);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const look = () => {
      scrolledMs.current = performance.now();
      const seen = { top: topRow(element.scrollTop, ROW_PX) * ROW_PX, height: element.clientHeight };
      setScroll((before) => (before.top === seen.top && before.height === seen.height ? before : seen));
    };
    element.addEventListener('scroll', look, { passive: true });
    const resized = new ResizeObserver(look);
    resized.observe(element);
    look();
    return () => {
      element.removeEventListener('scroll', look);
      resized.disconnect();
    };
  }, [rows === undefined]);
  const { first, last } = visibleRows({ ...scroll, rowHeight: ROW_PX, count: selected.length });
  const shown = selected.slice(first, last);
  return (
    <section class="panel" aria-labelledby="sources-heading">
      <div class="bar">
        <h2 id="sources-heading">Sources</h2>
        <label class="search">
          <span class="visually-hidden">Search by name or tag</span>
          <input
            type="search"
            placeholder="Name or tag"
            value={search}
            onInput={({ currentTarget }) => {
              setSearch(currentTarget.value);
              place.current?.scrollTo({ top: 0 });
            }}
          />
        </label>
        <p class="muted" aria-live="polite">
          {rows === undefined ? 'Loading…' : countText(selected.length, rows.length, isCut)}
        </p>
      </div>
      {rows !== undefined && (
        <section class="scroll rows" ref={place} tabIndex={0} aria-label="Table of sources">
          <table class="sources" aria-rowcount={selected.length + 1}>
            <thead>
              <tr aria-rowindex={1}>
                {COLUMNS.map(({ title, sort: by, class: className }) => (
                  <th
                    key={title}
                    scope="col"
                    class={className}
                    aria-sort={by === sort ? ORDER[by] : undefined}
                  >
                    {by === undefined ? (
                      title
                    ) : (
                      <button type="button" class="sort" onClick={() => setSort(by)}>
                        {title}
                        <span aria-hidden="true">{by === sort ? ' ↓' : ''}</span>
                      </button>
                    )}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {first > 0 && <Room rows={first} />}
              {drawnRows(shown, { drawn: drawn.current, from: first + 2, nowMs, scrolledMs })}
              {last < selected.length && <Room rows={selected.length - last} />}
            </tbody>
          </table>
          {selected.length === 0 && (
            <Notice>
              {rows.length === 0
                ? 'No source has sent anything yet.'
                : 'No source has these words in its name or tags.'}
            </Notice>
          )}
        </section>
      )}
    </section>
  );
}

interface DrawnRow {
  readonly row: SourceRow;
  readonly index: number;
  readonly nowMs: number;
  readonly element: JSX.Element;
}

/** A row that is what it was is not looked at again: scrolling draws the new ones alone. */
function drawnRows(
  rows: readonly SourceRow[],
  at: {
    readonly drawn: Map<string, DrawnRow>;
    readonly from: number;
    readonly nowMs: number;
    readonly scrolledMs: Scrolled;
  },
): readonly JSX.Element[] {
  const { drawn, from, nowMs, scrolledMs } = at;
  const before = new Map(drawn);
  drawn.clear();
  return rows.map((row, offset) => {
    const name = row.source.source;
    const index = from + offset;
    const known = before.get(name);
    const isSame = known?.row === row && known.index === index && known.nowMs === nowMs;
    const element = isSame ? (
      known.element
    ) : (
      <SourceTableRow key={name} row={row} index={index} nowMs={nowMs} scrolledMs={scrolledMs} />
    );
    drawn.set(name, { row, index, nowMs, element });
    return element;
  });
}

/** Which way a column's order goes, in the words of the table's own column. */
const ORDER = { name: 'ascending', alert: 'descending', seen: 'descending', rate: 'descending' } as const;

function Room({ rows }: { readonly rows: number }) {
  return (
    <tr class="room" style={{ height: `${rows * ROW_PX}px` }}>
      <td />
    </tr>
  );
}

function countText(shown: number, all: number, isCut: boolean): string {
  const of = `${formatCount(all)}${isCut ? ' and more' : ''}`;
  return shown === all ? `${of} sources` : `${formatCount(shown)} of ${of} sources`;
}

// How long a source was in which state: a column a window, and the sums below as a table, which says the same in words.
import type { WindowAnswer } from '../../wire/api/window-answer.ts';
import { formatCount, formatDuration, formatShare } from '../data/format.ts';
import { type StateTimeline, stateTimelines } from '../data/state-timeline.ts';

/** Colours there are. */
const COLOURS = 8;

export function StateTimelines({ windows }: { readonly windows: readonly WindowAnswer[] }) {
  return (
    <>
      {stateTimelines(windows).map((timeline) => (
        <section key={timeline.name} class="panel" aria-labelledby={`state-${timeline.name}`}>
          <h2 id={`state-${timeline.name}`}>{timeline.name}</h2>
          <Columns timeline={timeline} />
          <Sums timeline={timeline} />
        </section>
      ))}
    </>
  );
}

function Columns({ timeline: { columns } }: { readonly timeline: StateTimeline }) {
  return (
    <div class="timeline" aria-hidden="true">
      {columns.map(({ startMs, final, left, width, shares }) => (
        <span
          key={startMs}
          class={final ? 'window' : 'window provisional'}
          style={{ left: `${left}%`, width: `${width}%` }}
          title={`${new Date(startMs).toLocaleString()}: ${shares.map(({ state, percent }) => `${state} ${Math.round(percent)} %`).join(', ') || 'not known'}`}
        >
          {shares.map(({ place, state, percent }) => (
            <i key={state} style={{ height: `${percent}%`, background: colourOf(place) }} />
          ))}
        </span>
      ))}
    </div>
  );
}

function Sums({ timeline: { name, totals, unknownMs, changes } }: { readonly timeline: StateTimeline }) {
  const allMs = totals.reduce((sum, { ms }) => sum + ms, unknownMs);
  return (
    <table class="shares">
      <caption class="visually-hidden">
        Time in each state of {name}, {formatCount(changes)} changes
      </caption>
      <thead>
        <tr>
          <th scope="col">{formatCount(changes)} changes</th>
          <th scope="col" class="number">
            Time
          </th>
          <th scope="col">Share</th>
        </tr>
      </thead>
      <tbody>
        {totals.map(({ state, ms }, place) => (
          <Sum key={state} state={state} ms={ms} allMs={allMs} colour={colourOf(place)} />
        ))}
        {unknownMs > 0 && <Sum state="not known" ms={unknownMs} allMs={allMs} colour="transparent" />}
      </tbody>
    </table>
  );
}

interface SumProps {
  readonly state: string;
  readonly ms: number;
  readonly allMs: number;
  readonly colour: string;
}

function Sum({ state, ms, allMs, colour }: SumProps) {
  return (
    <tr>
      <th scope="row">
        <i class="swatch" style={{ background: colour }} /> {state}
      </th>
      <td class="number">{formatDuration(ms)}</td>
      <td>
        <span class="share" style={{ '--share': `${(100 * ms) / Math.max(1, allMs)}%` }}>
          {formatShare(ms, allMs)}
        </span>
      </td>
    </tr>
  );
}

function colourOf(place: number): string {
  return `var(--series-${place % COLOURS})`;
}

// The frame around every page: who reads, whether it is live, where to go.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { createLiveClient, type LiveStatus } from '../live-client/live-client.ts';
import { createApi } from './data/api.ts';
import { DataContext, useData } from './data/context.ts';
import { createFrames } from './data/frames.ts';
import { isLocal } from './data/is-local.ts';
import { type Route, readRoute, writeRoute } from './data/route.ts';
import { type Session, tokenIn } from './data/session.ts';
import { createSlots } from './data/slots.ts';
import { ListsContext, usePolledLists } from './data/use-lists.ts';
import { Link } from './parts/link.tsx';
import { Notice } from './parts/notice.tsx';
import { SCHEMES, SchemeProvider, useScheme } from './parts/scheme.tsx';
import { AlertsView } from './views/alerts-view.tsx';
import { LedgerView } from './views/ledger-view.tsx';
import { OperationsView } from './views/operations-view.tsx';
import { OverviewView } from './views/overview-view.tsx';
import { RollupsView } from './views/rollups-view.tsx';
import { RollupSeriesView } from './views/series-view.tsx';
import { SourceView } from './views/source-view.tsx';
import { TokenView } from './views/token-view.tsx';

export function App({ session }: { readonly session: Session }) {
  const [token, setToken] = useState(session.token);
  const [isRefused, setIsRefused] = useState(false);
  const end = (refused: boolean) => {
    session.end();
    setIsRefused(refused);
    setToken(undefined);
  };
  const begin = (given: string) => {
    session.begin(given);
    setIsRefused(false);
    setToken(given);
  };
  useEffect(() => {
    // A link with another token, opened in a tab that is here already.
    const onHash = () => {
      const given = tokenIn(location.hash);
      if (given === undefined) return;
      // The listener for address changes hears of it, as of any other navigation.
      location.replace('#/');
      begin(given);
    };
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  return (
    <SchemeProvider>
      {token === undefined ? (
        <TokenView isRefused={isRefused} onToken={begin} />
      ) : (
        <Dashboard key={token} token={token} onRefused={() => end(true)} onLeave={() => end(false)} />
      )}
    </SchemeProvider>
  );
}

interface DashboardProps {
  readonly token: string;
  readonly onRefused: () => void;
  readonly onLeave: () => void;
}

function Dashboard({ token, onRefused, onLeave }: DashboardProps) {
  const [liveStatus, setLiveStatus] = useState<LiveStatus>('connecting');
  const parts = useMemo(
    () => ({
      api: createApi({ fetch: fetch.bind(window), token: () => token, onUnauthorized: onRefused }),
      live: createLiveClient({ url: liveUrl(location), token: () => token, onStatus: setLiveStatus }),
      frames: createFrames((run) => requestAnimationFrame(run)),
      snapshots: createSlots(SNAPSHOTS_AT_ONCE),
    }),
    [token],
  );
  useEffect(() => () => parts.live.close(), [parts]);
  const data = useMemo(() => ({ ...parts, liveStatus }), [parts, liveStatus]);
  return (
    <DataContext.Provider value={data}>
      <Frame onLeave={onLeave} />
    </DataContext.Provider>
  );
}

/** Each is a function's work: a few keep it busy, more would only start more of it. */
const SNAPSHOTS_AT_ONCE = 3;

function Frame({ onLeave }: { readonly onLeave: () => void }) {
  const { liveStatus } = useData();
  const lists = usePolledLists();
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const address = writeRoute(route);
  const isFirst = useRef(true);
  // In the same step as the page itself: until then the focus would be nowhere, the title the one of the page before, and
  // a screen reader would read those, or a key that is pressed at once go astray.
  useLayoutEffect(() => {
    document.title = `${titleOf(route)} – Tidemill`;
    // Who comes from another page is to hear what this one is; who has just come hears it anyway.
    if (!isFirst.current) main.current?.querySelector('h1')?.focus();
    isFirst.current = false;
  }, [address]);
  const firing = lists.alerts.alerts?.filter(({ status }) => status === 'firing').length ?? 0;
  return (
    <ListsContext.Provider value={lists}>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <header class="top">
        <Link to={{ page: 'overview' }} class="brand">
          <Mark />
          Tidemill
        </Link>
        <nav aria-label="Pages">
          <ul>
            {PAGES.map(({ name, to, pages }) => (
              <li key={name}>
                <a href={writeRoute(to)} aria-current={pages.includes(route.page) ? 'page' : undefined}>
                  {name}
                  {name === 'Alerts' && firing > 0 && (
                    <span class="count">
                      {firing}
                      <span class="visually-hidden"> firing</span>
                    </span>
                  )}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="tools">
          <LiveMark status={liveStatus} />
          <SchemeSelect />
          <button type="button" class="quiet" onClick={onLeave}>
            Forget token
          </button>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <Page key={address} route={route} />
      </main>
      <footer>
        <p>
          Times are in your zone ({Intl.DateTimeFormat().resolvedOptions().timeZone}); hover for UTC.
          Provisional windows may still change.
        </p>
      </footer>
    </ListsContext.Provider>
  );
}

const PAGES: readonly {
  readonly name: string;
  readonly to: Route;
  readonly pages: readonly Route['page'][];
}[] = [
  { name: 'Fleet', to: { page: 'overview' }, pages: ['overview', 'source'] },
  { name: 'Rollups', to: { page: 'rollups', rollup: undefined }, pages: ['rollups', 'series'] },
  { name: 'Alerts', to: { page: 'alerts' }, pages: ['alerts'] },
  { name: 'Ledger', to: { page: 'ledger' }, pages: ['ledger'] },
  // On AWS these are in CloudWatch, for operators, who are others than readers.
  ...(isLocal(location.hostname)
    ? [{ name: 'Operations', to: { page: 'operations' }, pages: ['operations'] } as const]
    : []),
];

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'overview':
      return <OverviewView />;
    case 'source':
      return <SourceView source={route.source} />;
    case 'rollups':
      return <RollupsView rollup={route.rollup} />;
    case 'series':
      return <RollupSeriesView rollup={route.rollup} values={route.values} />;
    case 'alerts':
      return <AlertsView />;
    case 'ledger':
      return <LedgerView />;
    case 'operations':
      return <OperationsView />;
    case 'unknown':
      return (
        <>
          <h1 tabIndex={-1}>No such page</h1>
          <Notice>
            There is no page at this address. <Link to={{ page: 'overview' }}>Go to the fleet</Link>
          </Notice>
        </>
      );
  }
}

function useRoute(): Route {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const onHash = () => {
      if (tokenIn(location.hash) === undefined) setRoute(readRoute(location.hash));
    };
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  return route;
}

function titleOf(route: Route): string {
  switch (route.page) {
    case 'source':
      return route.source;
    case 'series':
      return `${route.rollup}: ${route.values.join(', ')}`;
    case 'rollups':
      return route.rollup ?? 'Rollups';
    case 'alerts':
      return 'Alerts';
    case 'ledger':
      return 'Ledger';
    case 'operations':
      return 'Operations';
    default:
      return 'Fleet';
  }
}

function liveUrl({ protocol, host }: Location): string {
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/live`;
}

const LIVE_WORDS: Readonly<Record<LiveStatus, string>> = {
  connecting: 'Connecting',
  open: 'Live',
  waiting: 'Reconnecting',
  closed: 'Closed',
};

function LiveMark({ status }: { readonly status: LiveStatus }) {
  return (
    <span class={`live ${status}`} role="status">
      <span class="dot" aria-hidden="true" />
      {LIVE_WORDS[status]}
    </span>
  );
}

function SchemeSelect() {
  const { choice, choose } = useScheme();
  return (
    <label>
      <span class="visually-hidden">Colours</span>
      <select
        value={choice}
        onChange={({ currentTarget }) =>
          choose(SCHEMES.find((each) => each === currentTarget.value) ?? 'auto')
        }
      >
        {SCHEMES.map((each) => (
          <option key={each} value={each}>
            {each === 'auto' ? 'system' : each}
          </option>
        ))}
      </select>
    </label>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
      <path d="M4 12c4 0 4 3.5 8 3.5s4-3.5 8-3.5 4 3.5 8 3.5M4 20c4 0 4 3.5 8 3.5s4-3.5 8-3.5 4 3.5 8 3.5" />
    </svg>
  );
}

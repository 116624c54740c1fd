// What every part of the page works with.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { LiveClient, LiveStatus } from '../../live-client/live-client.ts';
import type { Api } from './api.ts';
import type { Frames } from './frames.ts';
import type { Slots } from './slots.ts';

export interface Data {
  readonly api: Api;
  readonly live: LiveClient;
  readonly frames: Frames;
  /** For subscriptions that come many at once. */
  readonly snapshots: Slots;
  readonly liveStatus: LiveStatus;
}

export const DataContext = createContext<Data | undefined>(undefined);

export function useData(): Data {
  const data = useContext(DataContext);
  if (data === undefined)
    throw new Error('found no data around this part of the page, expected a DataContext');
  return data;
}

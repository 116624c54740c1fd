// What a live connection carries, both ways. What comes from a client is checked against these schemas; what goes to it is
// typed by them, and checked again where it arrives.

import { standingAlertSchema } from '../api/alert-answer.ts';
import type { TypeOf } from '../api/schema.ts';
import { constant, flag, integer, list, nullable, object, text, union } from '../api/schema.ts';
import { windowSchema } from '../api/window-answer.ts';

/** The WebSocket subprotocol, and what comes before a token given as a second one. */
export const LIVE_PROTOCOL = 'tidemill.v1';
export const TOKEN_PROTOCOL = 'token.';

/** The most subscriptions that a connection may have. */
export const MAX_SUBSCRIPTIONS = 100;
/** A subscription to all of a rollup's series is refused where they are more. */
export const MAX_SERIES = 200;

const id = text({ minLength: 1, maxLength: 64 });
const count = integer({ minimum: 0 });
const series = text();

/** What the client has of a rollup's series from `fromMs` on: the digest of the versions of its keys (`versionsDigest`). */
const haveSchema = object({ series, fromMs: count, digest: text({ minLength: 16, maxLength: 16 }) });

/** `round` tells a subscription's answers from those to its asking before; it comes back in them. */
const common = { type: constant('subscribe'), id, round: count };
const options = {
  /** Closed windows of each series to begin with. */
  windows: integer({ minimum: 0, maximum: 200 }),
  have: list(haveSchema, { maxItems: MAX_SERIES }),
};

const subscribeToSource = object({ ...common, source: text({ minLength: 1, maxLength: 128 }) }, options);

const ofRollup = {
  /** One series: the values of its tags, null for events without the tag. */
  values: list(nullable(text({ maxLength: 1_000 })), { maxItems: 8 }),
  /** Every series with these values. */
  tags: list(
    object({ tag: text({ minLength: 1, maxLength: 64 }), value: nullable(text({ maxLength: 1_000 })) }),
    { minItems: 1, maxItems: 8 },
  ),
};

const subscribeToRollup = object(
  { ...common, rollup: text({ minLength: 1, maxLength: 64 }) },
  { ...options, ...ofRollup },
);

const subscribeToAlerts = object({
  ...common,
  /** All alerts, or those that fit all that is said. */
  alerts: object(
    {},
    {
      rule: text({ minLength: 1, maxLength: 64 }),
      source: text({ minLength: 1, maxLength: 128 }),
      rollup: text({ minLength: 1, maxLength: 64 }),
      ...ofRollup,
    },
  ),
});

export const clientMessageSchema = union(
  subscribeToSource,
  subscribeToRollup,
  subscribeToAlerts,
  object({ type: constant('unsubscribe'), id }),
  object({ type: constant('ping') }),
);

/** A window with the aggregation it is of, in a source's series, where there are several. */
const liveWindowSchema = object({ window: windowSchema }, { aggregation: text() });

const changeSchema = object(
  {
    series,
    /** What was written: the key, and its first and last version in this message. Each key's versions rise by one. */
    versions: list(object({ key: text(), from: count, to: count })),
    windows: list(liveWindowSchema),
  },
  {
    /** The subscriptions that it is sent to. */
    for: list(id),
    /** Windows that no longer exist: sessions that have grown, or were merged into others. */
    removed: list(object({ aggregation: text(), startMs: integer(), endMs: integer() })),
    /** There is more than a message can carry: the series must be requested again. */
    stale: flag(),
  },
);

/** An alert as it is after a transition. */
const transitionSchema = object({ alert: standingAlertSchema, for: list(id) });

export const serverMessageSchema = union(
  object(
    {
      type: constant('snapshot'),
      id,
      round: count,
      series,
      /** Windows that start before it are not in this subscription. */
      fromMs: count,
      versions: list(object({ key: text(), version: count })),
      windows: list(liveWindowSchema),
      /** false: more of the same snapshot follows. */
      last: flag(),
    },
    {
      /**
       * For a source: all windows that its state closed up to this version are in the snapshot. Windows that it closed later may not be
       * stored yet, and come as changes. Missing: not known.
       */
      toldTo: count,
    },
  ),
  /** The series is as the client has it. */
  object({ type: constant('current'), id, round: count, series }),
  /** All snapshots of a subscription have been sent: of these series. */
  object({ type: constant('ready'), id, round: count, series: list(series) }),
  object({ type: constant('changes'), changes: list(changeSchema) }),
  object({
    type: constant('alerts'),
    id,
    round: count,
    alerts: list(standingAlertSchema),
    /** false: there are more than a snapshot holds. */
    whole: flag(),
    /** false: more of the same snapshot follows. */
    last: flag(),
  }),
  /** Transitions: each alert's in their order, each with the next sequence number. */
  object({ type: constant('transitions'), transitions: list(transitionSchema) }),
  object({ type: constant('pong'), subscriptions: list(id) }),
  object(
    { type: constant('error'), detail: text() },
    { id, problems: list(object({ where: text(), found: text(), expected: text() })) },
  ),
);

export type ClientMessage = TypeOf<typeof clientMessageSchema>;
export type SubscribeMessage = Extract<ClientMessage, { readonly type: 'subscribe' }>;
export type ServerMessage = TypeOf<typeof serverMessageSchema>;
export type Snapshot = Extract<ServerMessage, { readonly type: 'snapshot' }>;
export type Change = TypeOf<typeof changeSchema>;
export type LiveWindow = TypeOf<typeof liveWindowSchema>;
export type AlertsSnapshot = Extract<ServerMessage, { readonly type: 'alerts' }>;
export type LiveAlert = TypeOf<typeof standingAlertSchema>;
export type LiveTransition = TypeOf<typeof transitionSchema>;
export type Have = TypeOf<typeof haveSchema>;

// Tells functions of objects that are created, as EventBridge does: without waiting for what came before, and again where one fails.
import type { Clock } from '../event-source/clock.ts';
import type { FunctionInvoker } from '../event-source/ports.ts';
import { LOCAL_ACCOUNT_ID } from './local-names.ts';
import type { ObjectRuleSpec } from './read-object-rule.ts';
import type { ObjectEvents } from './s3/object-events.ts';
import type { CreatedObject } from './s3/s3-server.ts';

export interface TellingDeps {
  readonly clock: Clock;
  readonly region: string;
  readonly invokerOf: (rule: ObjectRuleSpec) => FunctionInvoker;
  readonly newEventId: () => string;
}

export interface Telling {
  /** Resolves when each object that is there now has been told of once. */
  told(): Promise<void>;
  /** Nobody is told again. Resolves when what is under way has its outcome. */
  stop(): Promise<void>;
}

/** As Lambda does of an asynchronous invocation that fails: twice more. */
const RETRIES_AFTER_MS = [60_000, 120_000];

export function tellOfObjects(
  rules: readonly ObjectRuleSpec[],
  objects: ObjectEvents,
  { clock, region, invokerOf, newEventId }: TellingDeps,
): Telling {
  const stopping = new AbortController();
  const first = new Set<Promise<void>>();
  const all = new Set<Promise<void>>();
  const keep = (set: Set<Promise<void>>, work: Promise<void>) => {
    set.add(work);
    work.finally(() => set.delete(work));
  };
  const tell = async (rule: ObjectRuleSpec, payload: string, once: () => void) => {
    for (const waitMs of [0, ...RETRIES_AFTER_MS]) {
      if (waitMs > 0) await clock.sleep(waitMs, stopping.signal);
      if (stopping.signal.aborted) return;
      const { kind } = await invokerOf(rule).invoke(payload);
      once();
      if (kind === 'returned') return;
    }
  };
  objects.listen((object) => {
    for (const rule of rules.filter((each) => isOf(each, object))) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const payload = rule.input ?? JSON.stringify(createdEvent(object, { id: newEventId(), region, clock }));
      keep(first, promise);
      keep(all, tell(rule, payload, resolve).finally(resolve));
    }
  });
  return {
    async told() {
      await Promise.all(first);
    },
    async stop() {
      stopping.abort();
      await Promise.all(all);
    },
  };
}

function isOf({ bucket, prefixes }: ObjectRuleSpec, object: CreatedObject): boolean {
  return (
    object.bucket === bucket &&
    (prefixes === undefined || prefixes.some((prefix) => object.key.startsWith(prefix)))
  );
}

function createdEvent(
  { bucket, key, size, etag }: CreatedObject,
  { id, region, clock }: Pick<TellingDeps, 'region' | 'clock'> & { readonly id: string },
) {
  return {
    version: '0',
    id,
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: LOCAL_ACCOUNT_ID,
    time: new Date(clock.nowMs()).toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: { key, size, etag: etag.replaceAll('"', '') },
      'request-id': id,
      requester: LOCAL_ACCOUNT_ID,
      reason: 'PutObject',
    },
  };
}

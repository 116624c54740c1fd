// How far behind a reader of change streams is, and which of them it read: a batch is of one.
import { ALERTS_TABLE, LIVE_TABLE, SOURCES_TABLE, WINDOWS_TABLE } from './names.ts';
import type { Meter } from './observe.ts';

/** What is looked at of a record of a table's stream. */
interface ChangeRecordPart {
  readonly dynamodb: {
    /** s since the epoch. */
    readonly ApproximateCreationDateTime: number;
    readonly Keys: object;
  };
}

export interface ChangelogLag {
  /** Since the batch's last change was written; whole seconds, as the stream tells it. */
  readonly lagMs: number;
}

/** By the stack's name of the table, beside the function's. Undefined: no records. */
export function publishLag(
  records: readonly ChangeRecordPart[],
  { meter, nowMs }: { readonly meter: Meter; readonly nowMs: number },
): ChangelogLag | undefined {
  const last = records.at(-1);
  if (last === undefined) return undefined;
  const lagMs = Math.max(0, nowMs - last.dynamodb.ApproximateCreationDateTime * 1_000);
  meter.publish({ lagMs }, { changelog: changelogOf(last) });
  return { lagMs };
}

/** By the keys of its table: a stream's name on AWS says what CloudFormation made up. */
function changelogOf({ dynamodb: { Keys } }: ChangeRecordPart): string {
  const found = Object.entries(BY_KEY).find(([key]) => Object.hasOwn(Keys, key));
  return found?.[1] ?? 'other';
}

const BY_KEY: Readonly<Record<string, string>> = {
  [SOURCES_TABLE.partitionKey]: 'sources',
  [WINDOWS_TABLE.partitionKey]: 'windows',
  [ALERTS_TABLE.partitionKey]: 'alerts',
  [LIVE_TABLE.partitionKey]: 'live',
};

// Batches that the reader of the stream gave up, from the documents in the failures bucket, as dead letters: an event each, in its
// place in the stream. From then on they can be listed, and put back. Documents of other functions, and of changes of tables, are no
// lost telemetry.
import { asSent } from '../../src/core/as-sent.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { DeadLetter, DeadLetters } from '../../src/stores/dead-letters.ts';
import type { GivenUpRecords } from '../../src/stores/given-up-records.ts';
import { heldFrom } from '../../src/stores/held-events.ts';
import type { KinesisEventRecord } from '../../src/wire/stream-records.ts';
import { decodeBatch, recordPlace, shardOf } from './decode-batch.ts';
import { type KnownDevices, tagDevices } from './tag-devices.ts';

/** What a document is of. */
export type FailureDocument =
  | {
      readonly kind: 'telemetry';
      readonly records: readonly KinesisEventRecord[];
      readonly condition: string;
    }
  | { readonly kind: 'changes' | 'other-function' | 'no-payload' };

/** @throws Error for what is no document of a failure destination */
export function readFailureDocument(text: string): FailureDocument {
  const document: unknown = JSON.parse(text);
  const context = field(document, 'requestContext');
  const functionArn = field(context, 'functionArn');
  if (typeof functionArn !== 'string')
    throw new Error('found no requestContext.functionArn, expected a document of a failure destination');
  if (field(document, 'DDBStreamBatchInfo') !== undefined) return { kind: 'changes' };
  if (!/aggregate/i.test(functionArn)) return { kind: 'other-function' };
  const records = field(field(document, 'payload'), 'Records');
  if (!Array.isArray(records)) return { kind: 'no-payload' };
  // as Lambda was to get them (event source mapping rule 43)
  return { kind: 'telemetry', records, condition: String(field(context, 'condition')) };
}

export interface ImportDeps {
  readonly pipeline: Pipeline;
  readonly deadLetters: DeadLetters;
  /** Told of what has become letters, so that the audit does not take it for lost. */
  readonly givenUp: GivenUpRecords;
  /** Where the pipeline asks for the table's tags. */
  readonly devices?: KnownDevices;
}

/** Stores the batches' events as dead letters unless they are stored already. Repeating it is safe. @returns how many are new */
export async function importBatch(
  { records, condition }: Extract<FailureDocument, { readonly kind: 'telemetry' }>,
  { pipeline, deadLetters, givenUp, devices }: ImportDeps,
): Promise<number> {
  const batch = decodeBatch(records, pipeline, Number.POSITIVE_INFINITY);
  if (pipeline.deviceTable && devices !== undefined) await tagDevices(batch, devices);
  const letters: DeadLetter[] = [...batch.quarantined, ...batch.setAside];
  for (const [source, events] of batch.bySource) {
    for (const { at, stream, arrivalMs, event } of heldFrom(source, events, 0)) {
      letters.push({
        at,
        stream,
        reason: 'given-up',
        detail: `its batch was given up: ${condition}`,
        source,
        arrivalMs,
        payload: { encoding: 'json', body: JSON.stringify(asSent(event)) },
      });
    }
  }
  const added = await deadLetters.putNew(letters);
  const [first] = records;
  if (first !== undefined)
    await givenUp.note({
      stream: first.eventSourceARN,
      shard: shardOf(first.eventID),
      records: records.map(recordPlace),
    });
  return added;
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}

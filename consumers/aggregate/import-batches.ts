// What got lost on its way, from the documents in the failures bucket, as dead letters: batches that the reader of the stream gave up, an event
// each, in its place in the stream; and messages that the MQTT door could not put into it. From then on they can be listed, and put back.
// Documents of other functions, and of changes of tables, are no lost telemetry.
import { createHash } from 'node:crypto';
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
  /** One that never got into the stream: its place is one of its own. */
  | { readonly kind: 'message'; readonly records: readonly KinesisEventRecord[]; readonly condition: string }
  | { readonly kind: 'changes' | 'other-function' | 'no-payload' };

/** `arrivalMs`: when the document was written. @throws Error for what is no document of a failure destination */
export function readFailureDocument(text: string, { arrivalMs }: { arrivalMs: number }): FailureDocument {
  const document: unknown = JSON.parse(text);
  if (field(document, 'base64OriginalPayload') !== undefined) return readMessage(text, document, arrivalMs);
  const context = field(document, 'requestContext');
  const functionArn = field(context, 'functionArn');
  if (typeof functionArn !== 'string')
    throw new Error(
      'found neither requestContext.functionArn nor base64OriginalPayload, expected a document of a failure destination or of a rule’s error action',
    );
  if (field(document, 'DDBStreamBatchInfo') !== undefined) return { kind: 'changes' };
  if (!/aggregate/i.test(functionArn)) return { kind: 'other-function' };
  const records = field(field(document, 'payload'), 'Records');
  if (!Array.isArray(records)) return { kind: 'no-payload' };
  // as Lambda was to get them (event source mapping rule 43)
  return { kind: 'telemetry', records, condition: String(field(context, 'condition')) };
}

/** As the error action of a rule of AWS IoT writes it. The record is the one that the rule would have put: see `MqttDoor`. */
function readMessage(text: string, document: unknown, arrivalMs: number): FailureDocument {
  const [topic, payload, failures] = ['topic', 'base64OriginalPayload', 'failures'].map((name) =>
    field(document, name),
  );
  const [root, source, route, ...others] = typeof topic === 'string' ? topic.split('/') : [];
  if (root === undefined || source === undefined || route === undefined || others.length > 0)
    throw new Error(`topic: found ${JSON.stringify(topic)}, expected STACK/THING/ROUTE`);
  if (typeof payload !== 'string')
    throw new Error(`base64OriginalPayload: found ${JSON.stringify(payload)}, expected a text of base64`);
  const put = JSON.stringify({ document: payload, source, route });
  // The document itself tells it from all others: it has the id of its trace.
  const sequence = BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 32)}`).toString();
  const record: KinesisEventRecord = {
    eventID: `${MQTT}:${sequence}`,
    eventName: 'aws:kinesis:record',
    eventVersion: '1.0',
    eventSource: 'aws:kinesis',
    eventSourceARN: MQTT,
    awsRegion: '',
    invokeIdentityArn: '',
    kinesis: {
      kinesisSchemaVersion: '1.0',
      sequenceNumber: sequence,
      partitionKey: source,
      data: Buffer.from(put).toString('base64'),
      approximateArrivalTimestamp: arrivalMs / 1_000,
    },
  };
  const told = Array.isArray(failures) ? failures.map((one) => field(one, 'errorMessage')) : [];
  const condition = told.filter((one) => typeof one === 'string').join('; ') || 'the rule does not say why';
  return { kind: 'message', records: [record], condition };
}

/** In place of a stream and a shard. */
const MQTT = 'mqtt';

export interface ImportDeps {
  readonly pipeline: Pipeline;
  readonly deadLetters: DeadLetters;
  /** Told of what has become letters, so that the audit does not take it for lost. */
  readonly givenUp: GivenUpRecords;
  /** Where the pipeline asks for the table's tags. */
  readonly devices?: KnownDevices;
}

/** Stores the events as dead letters unless they are stored already. Repeating it is safe. @returns how many are new */
export async function importBatch(
  { kind, records, condition }: Extract<FailureDocument, { readonly records: unknown }>,
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
        detail:
          kind === 'message'
            ? `not put into the stream: ${condition}`
            : `its batch was given up: ${condition}`,
        source,
        arrivalMs,
        payload: { encoding: 'json', body: JSON.stringify(asSent(event)) },
      });
    }
  }
  const added = await deadLetters.putNew(letters);
  const [first] = records;
  if (first !== undefined && kind === 'telemetry')
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

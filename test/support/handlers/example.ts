// The handler of the example in docs/event-source-mapping.md.
import type { KinesisEventRecord } from '../../../src/wire/stream-records.ts';

export async function handler(event: { readonly Records: readonly unknown[] }): Promise<void> {
  for (const record of event.Records) {
    const { kinesis } = record as KinesisEventRecord; // its mapping reads Kinesis alone
    const order: { readonly n: number; readonly bad: boolean } = JSON.parse(
      Buffer.from(kinesis.data, 'base64').toString(),
    );
    if (order.bad) throw new Error(`order ${order.n} is bad`);
  }
}

import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createKinesisSource } from '../event-source/kinesis-source.ts';
import type { StreamSource } from '../event-source/ports.ts';
import { handlerOf } from '../platform/time-limits.ts';

/** A stream to be read where no mapping does, by its ARN; region and endpoint come from the environment. */
export function liveSource(streamArn: string): StreamSource {
  // HTTP/1.1, which local servers speak alone. A read takes up to 10 MB.
  const requestHandler = new NodeHttpHandler(handlerOf({ connectMs: 2_000, answerMs: 15_000 }));
  const client = new KinesisClient({ maxAttempts: 4, requestHandler });
  return createKinesisSource({
    client,
    streamArn,
    streamName: streamArn.slice(streamArn.lastIndexOf('/') + 1),
  });
}

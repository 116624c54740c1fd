// Kinesis PutRecord on streams in memory, as an integration calls it.
import type { MemoryStream } from '../../event-source/memory-stream.ts';
import { isObject } from '../property.ts';
import type { CallService, ServiceAnswer } from './service-endpoint.ts';

export function callMemoryStreams(streams: ReadonlyMap<string, MemoryStream>): CallService {
  return async ({ service, action, body }) => {
    if (service !== 'kinesis' || action !== 'PutRecord') {
      throw new Error(`found ${service}:${action}, expected kinesis:PutRecord: memory has nothing else`);
    }
    const request: unknown = JSON.parse(body);
    const { StreamName: name, PartitionKey: key, Data: data } = isObject(request) ? request : {};
    if (typeof name !== 'string' || typeof key !== 'string' || typeof data !== 'string') {
      return refusal('ValidationException', 'expected StreamName, PartitionKey and Data');
    }
    const stream = streams.get(name);
    if (stream === undefined) return refusal('ResourceNotFoundException', `Stream ${name} not found.`);
    const { shard, sequence } = stream.putData(key, Buffer.from(data, 'base64'));
    return { status: 200, body: JSON.stringify({ ShardId: shard, SequenceNumber: sequence }) };
  };
}

function refusal(type: string, message: string): ServiceAnswer {
  return { status: 400, body: JSON.stringify({ __type: type, message }) };
}

// What the benchmark uses of it: it has no types of its own.
declare module 'aws-lambda-stream/from/kinesis' {
  import type { Stream, UnitOfWork } from 'aws-lambda-stream/stream';
  export function fromKinesis(event: { readonly Records: readonly unknown[] }): Stream<UnitOfWork>;
}

declare module 'aws-lambda-stream/utils/batch' {
  import type { Step, UnitOfWork } from 'aws-lambda-stream/stream';
  /** Groups by `event.partitionKey`. */
  export function group(rule: {
    readonly group: boolean;
  }): Step<UnitOfWork, { readonly batch: readonly UnitOfWork[] }>;
}

declare module 'aws-lambda-stream/sinks/dynamodb' {
  import type { Step } from 'aws-lambda-stream/stream';
  export function updateDynamoDB(options: {
    readonly tableName: string;
    readonly parallel: number;
  }): Step<{ readonly updateRequest: object }, unknown>;
}

declare module 'aws-lambda-stream/utils/handler' {
  import type { Stream } from 'aws-lambda-stream/stream';
  export function toPromise(stream: Stream<unknown>): Promise<unknown>;
}

/** No module: the types that the others share. */
declare module 'aws-lambda-stream/stream' {
  import type { PlainEvent } from './window-sums.ts';
  export interface UnitOfWork {
    readonly record: unknown;
    /** As it was parsed, taken on trust. */
    readonly event: PlainEvent;
  }
  export type Step<From, To> = (stream: Stream<From>) => Stream<To>;
  export interface Stream<T> {
    map<To>(to: (item: T) => To): Stream<To>;
    through<To>(step: (stream: Stream<T>) => To): To;
  }
}

// A bucket on S3.
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { StoreError } from '../store-error.ts';
import type { ListedObject, Objects, PutCondition, PutOutcome, StoredObject } from './objects.ts';

/** Errors of a call that will be the same the next time. */
const LASTING = new Set([
  'NoSuchBucket',
  'AccessDenied',
  'PermanentRedirect',
  'InvalidBucketName',
  'InvalidObjectState',
]);

export class S3Objects implements Objects {
  readonly name: string;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  /** `prefix`: what keys are told without; empty, or ending with a slash. */
  constructor(client: S3Client, bucket: string, prefix = '') {
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.name = `s3://${bucket}/${prefix}`;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    try {
      const request = new GetObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key });
      const { Body: body, ETag: tag } = await this.#client.send(request);
      if (body === undefined || tag === undefined) throw new Error('found no body or tag in the answer');
      return { body: Buffer.from(await body.transformToByteArray()), tag };
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === 'NoSuchKey') return undefined;
      throw this.#failure(`get ${key}`, error);
    }
  }

  async put(key: string, body: Uint8Array, condition?: PutCondition): Promise<PutOutcome> {
    try {
      const request = {
        Bucket: this.#bucket,
        Key: this.#prefix + key,
        Body: body,
        ...conditionOf(condition),
      };
      const { ETag: tag } = await this.#client.send(new PutObjectCommand(request));
      if (tag === undefined) throw new Error('found no tag in the answer');
      return { kind: 'stored', tag };
    } catch (error) {
      if (error instanceof S3ServiceException) {
        if (error.$metadata.httpStatusCode === 412) return { kind: 'refused' };
        // An object that was to be the one that was read is gone.
        if (typeof condition === 'object' && error.name === 'NoSuchKey') return { kind: 'refused' };
        // Two conditional writes at once: S3 lets neither wait for the other. Who then reads sees which it was.
        if (error.name === 'ConditionalRequestConflict') return { kind: 'refused' };
      }
      throw this.#failure(`put ${key}`, error);
    }
  }

  async *list(prefix: string, after?: string): AsyncIterable<ListedObject> {
    let token: string | undefined;
    do {
      const page = await this.#page(prefix, after, token);
      for (const { Key: key, Size: size } of page.Contents ?? []) {
        if (key !== undefined) yield { key: key.slice(this.#prefix.length), size: size ?? 0 };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async #page(prefix: string, after: string | undefined, token: string | undefined) {
    try {
      return await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: this.#prefix + prefix,
          ...(token !== undefined ? { ContinuationToken: token } : {}),
          ...(after !== undefined && token === undefined ? { StartAfter: this.#prefix + after } : {}),
        }),
      );
    } catch (error) {
      throw this.#failure(`list ${prefix}`, error);
    }
  }

  async remove(key: string): Promise<void> {
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key }));
    } catch (error) {
      throw this.#failure(`remove ${key}`, error);
    }
  }

  #failure(what: string, error: unknown): StoreError {
    const code = error instanceof Error ? error.name : 'unknown';
    const words = error instanceof Error ? error.message : String(error);
    const message = `${this.name}: ${what}: ${code}: ${words}`;
    return new StoreError(code, message, { retryable: !LASTING.has(code), cause: error });
  }
}

function conditionOf(condition: PutCondition | undefined): { IfNoneMatch?: string; IfMatch?: string } {
  if (condition === undefined) return {};
  return condition === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: condition.tag };
}

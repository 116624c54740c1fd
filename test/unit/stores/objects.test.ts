import { describe, onTestFinished } from 'vitest';
import { startS3Server } from '../../../src/local-stack/s3/s3-server.ts';
import { createS3Client } from '../../../src/platform/s3-client.ts';
import { FolderObjects } from '../../../src/stores/archive/folder-objects.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import { S3Objects } from '../../../src/stores/archive/s3-objects.ts';
import { objectsContract } from '../../support/objects-contract.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('objects in memory', () => objectsContract(async () => new MemoryObjects()));

describe('objects in a folder', () =>
  objectsContract(async () => new FolderObjects(await temporaryFolder())));

describe('objects of the local S3 server, by the SDK', () => {
  const start = async (prefix: string, dataFolder?: string) => {
    const server = await startS3Server({ buckets: ['the-bucket'], dataFolder });
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = createS3Client({ region: 'us-east-1', endpoint: server.endpoint, credentials });
    onTestFinished(async () => {
      client.destroy();
      await server.stop();
    });
    return new S3Objects(client, 'the-bucket', prefix);
  };
  objectsContract(() => start(''));
  describe('below a prefix, kept in a folder', () =>
    objectsContract(async () => start('some/where/', await temporaryFolder())));
});

import { lambdaHost } from '../../src/host/lambda/lambda-host.ts';
import { lambdaObjects } from '../../src/host/lambda/lambda-objects.ts';
import { lambdaPipeline } from '../../src/host/lambda/lambda-pipeline.ts';
import { lambdaShards } from '../../src/host/lambda/lambda-shards.ts';
import { lambdaTables } from '../../src/host/lambda/lambda-tables.ts';
import { wire } from './wire.ts';

export const handler = wire({
  ...lambdaHost(),
  ...lambdaPipeline(),
  ...lambdaTables(),
  ...lambdaObjects(),
  ...lambdaShards(),
});

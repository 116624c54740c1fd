import { lambdaGenerations } from '../../src/host/lambda/lambda-generations.ts';
import { lambdaHost } from '../../src/host/lambda/lambda-host.ts';
import { lambdaObjects } from '../../src/host/lambda/lambda-objects.ts';
import { lambdaDefinition } from '../../src/host/lambda/lambda-pipeline.ts';
import { lambdaTables } from '../../src/host/lambda/lambda-tables.ts';
import { liveSource } from '../../src/rebuild/live-source.ts';
import { wire } from './wire.ts';

export const handler = wire({
  ...lambdaHost(),
  definition: lambdaDefinition(),
  ...lambdaTables(),
  ...lambdaObjects(),
  ...lambdaGenerations(),
  source: liveSource,
});

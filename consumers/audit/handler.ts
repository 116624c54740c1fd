import { lambdaHost } from '../../src/host/lambda/lambda-host.ts';
import { lambdaPipeline } from '../../src/host/lambda/lambda-pipeline.ts';
import { lambdaTables } from '../../src/host/lambda/lambda-tables.ts';
import { wire } from './wire.ts';

export const handler = wire({ ...lambdaHost(), ...lambdaPipeline(), ...lambdaTables() });

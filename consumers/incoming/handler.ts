import { lambdaHost } from '../../src/host/lambda/lambda-host.ts';
import { lambdaObjects } from '../../src/host/lambda/lambda-objects.ts';
import { lambdaPipeline } from '../../src/host/lambda/lambda-pipeline.ts';
import { lambdaStreams } from '../../src/host/lambda/lambda-streams.ts';
import { wire } from './wire.ts';

export const handler = wire({ ...lambdaHost(), ...lambdaPipeline(), ...lambdaObjects(), ...lambdaStreams() });

import { lambdaHost } from '../../src/host/lambda/lambda-host.ts';
import { lambdaObjects } from '../../src/host/lambda/lambda-objects.ts';
import { wire } from './wire.ts';

export const handler = wire({ ...lambdaHost(), ...lambdaObjects() });

import { lambdaBuses } from '../../src/host/lambda/lambda-buses.ts';
import { lambdaHost } from '../../src/host/lambda/lambda-host.ts';
import { lambdaStreams } from '../../src/host/lambda/lambda-streams.ts';
import { wire } from './wire.ts';

export const handler = wire({ ...lambdaHost(), ...lambdaBuses(), ...lambdaStreams() });

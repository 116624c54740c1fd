import { lambdaHost } from '../../src/host/lambda/lambda-host.ts';
import { lambdaPipeline } from '../../src/host/lambda/lambda-pipeline.ts';
import { lambdaShards } from '../../src/host/lambda/lambda-shards.ts';
import { lambdaTables } from '../../src/host/lambda/lambda-tables.ts';
import { noteRunsIfAsked } from '../../src/host/note-runs.ts';
import { wire } from './wire.ts';

const host = { ...lambdaHost(), ...lambdaPipeline(), ...lambdaTables(), ...lambdaShards() };

export const handler = noteRunsIfAsked('close', host, wire);

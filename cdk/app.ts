// The CDK app: `npx cdk synth|diff|deploy`. Options: -c pipeline=FILE, -c shards=N, -c throwAway=true.
import { STACK_NAME } from '../src/platform/names.ts';
import { addTidemill } from './add-tidemill.ts';
import { createApp } from './create-app.ts';
import { loadPipeline } from './load-pipeline.ts';
import { readOptions } from './read-options.ts';

const app = createApp();
const { pipelineFile, ...options } = readOptions((name) => app.node.tryGetContext(name));
await addTidemill(app, { ...options, stackName: STACK_NAME, pipeline: await loadPipeline(pipelineFile) });
app.synth();

// The CDK app: `npx cdk synth|diff|deploy`. Options: -c stage=NAME, -c settings=FILE, -c pipeline=FILE, and some of the settings:
// -c shards=N, -c throwAway=true, -c alarmTopic=ARN, -c profile=low|balanced|cheap, -c archive=true, -c mqtt=true, -c incoming=true.
import { addTidemill } from './add-tidemill.ts';
import { createApp } from './create-app.ts';
import { loadPipeline } from './load-pipeline.ts';
import { loadSettings } from './load-settings.ts';
import { readOptions } from './read-options.ts';
import { readSettings } from './settings/read-settings.ts';

const app = createApp();
const {
  pipelineFile,
  settingsFile,
  stage,
  settings: said,
} = readOptions((name) => app.node.tryGetContext(name));
const settings = readSettings(await loadSettings(settingsFile), stage, said);
await addTidemill(app, { ...settings, pipeline: await loadPipeline(pipelineFile) });
app.synth();

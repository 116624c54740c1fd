// What each package shows in its README, and what `tidemill` offers, done in a project that has them and nothing else.
import { expect } from 'vitest';
import { type EmptyProject, readmeOf } from './installed-packages.ts';

export function expectEventSource(project: EmptyProject, node: string): void {
  project.write(readmeOf(project, '@tidemill/event-source'));
  expect(project.runOn(node, 'example.js')).toBe('one order is given up, three are handled\n');
}

/** Needs Java. */
export function expectLocalStack(project: EmptyProject, node: string): void {
  const readme = readmeOf(project, '@tidemill/local-stack');
  project.write({ ...readme, 'infrastructure/cdk.json': '{ "app": "node app.js" }' });
  expect(project.runOn(node, 'orders.test.js')).toBe('two orders are added up\n');
}

const LOADED = `
import { startEventSourceMapping } from '@tidemill/event-source/event-source-mapping';
import { startLocalStack } from '@tidemill/local-stack';
console.log(typeof startEventSourceMapping, typeof startLocalStack);`;

/** Both kits, with all that they import. */
export function expectLoaded(project: EmptyProject, node: string): void {
  project.write({ 'loaded.js': LOADED });
  expect(project.runOn(node, 'loaded.js')).toBe('function function\n');
}

const ENTRIES = `
import { createTelemetryClient } from 'tidemill/client';
import { createLiveClient } from 'tidemill/live-client';
import { createPipelineTest } from 'tidemill/testing';
const test = createPipelineTest({ aggregations: [{ name: 'm', window: { tumbling: '60s' } }] });
await test.put({ source: 'd1', id: 1, time: 60_000, values: { v: 1 } });
await test.advance('15m');
const [window] = await test.windows();
console.log(typeof createTelemetryClient, typeof createLiveClient, window.final);`;

export function expectEntries(project: EmptyProject, node: string): void {
  project.write({ 'script.js': ENTRIES });
  expect(project.runOn(node, 'script.js')).toBe('function function true\n');
}

export function expectRecordedCases(project: EmptyProject, node: string): void {
  project.write({
    'case/pipeline.json': '{"aggregations":[{"name":"m","window":{"tumbling":"60s"}}]}',
    'case/events.ndjson': '{"source":"a","time":1767225600000,"id":1}\n',
    'case/expected.csv': 'kind,series,start,end,metric,aggregate,value\nledger,,,,,applied,1\n',
  });
  expect(project.runOn(node, 'node_modules/.bin/tidemill', 'test', 'case')).toBe('ok case\n');
}

/** In threads of its own. */
export function expectSimulation(project: EmptyProject, node: string): void {
  const said = project.runOn(node, 'node_modules/.bin/tidemill', 'simulate', '--seeds', '2');
  expect(said).toMatch(/^2 seeds hold/);
}

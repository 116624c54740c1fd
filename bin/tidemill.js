#!/usr/bin/env node
// The `tidemill` command: in a checkout from its sources, in an installed package, whose sources Node does not run, from what
// was built of them.
import { existsSync } from 'node:fs';

const sources = new URL('../src/cli/tidemill.ts', import.meta.url);
const built = new URL('../lib/src/cli/tidemill.js', import.meta.url);
const isInstalled = import.meta.url.includes('/node_modules/');
await import((isInstalled || !existsSync(sources) ? built : sources).href);

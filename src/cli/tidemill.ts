#!/usr/bin/env node
// The `tidemill` command. Node keeps what it has compiled of it, so that the next call begins at once.
import { enableCompileCache } from 'node:module';

enableCompileCache();
await import('./program.ts');

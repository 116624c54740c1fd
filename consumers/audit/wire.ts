import type { FunctionHost } from '../../src/host/function-host.ts';
import { AuditStore } from '../../src/stores/audit/audit-progress.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { Windows } from '../../src/stores/windows.ts';
import { type AuditFunctionDeps, createAudit } from './audit.ts';

type Host = Pick<FunctionHost, 'pipeline' | 'table' | 'log' | 'meter' | 'clock'>;
type Options = Partial<Pick<AuditFunctionDeps, 'passEveryMs' | 'depth' | 'starts'>>;

export const wire = (
  { pipeline, table, log, meter, clock }: Host,
  { passEveryMs = 3_600_000, depth = 120, starts = 10 }: Options = {},
) =>
  createAudit({
    pipeline,
    states: new SourceStates(table('sources')),
    windows: new Windows(table('windows')),
    deadLetters: new DeadLetters(table('deadLetters')),
    store: new AuditStore(table('readers')),
    log,
    meter,
    nowMs: () => clock.nowMs(),
    passEveryMs,
    depth,
    starts,
  });

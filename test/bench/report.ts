// What a run found, as tables to read or one object for machines.
import { cpus } from 'node:os';
import { formatNumber, formatTable } from '../../src/cli/print-table.ts';
import type { BundleFigures } from './measure-bundles.ts';
import type { CaseFigures, CaseOutcome } from './measure-cases.ts';
import type { WorkloadSize } from './workload.ts';

export interface SizeFigures {
  readonly size: WorkloadSize;
  readonly cases: readonly CaseFigures[];
}

export interface BenchFigures {
  readonly sizes: readonly SizeFigures[];
  readonly bundles: readonly BundleFigures[];
}

/** The size of batch that the targets are for. */
export const TARGET_RECORDS = 1_000;

export function isWrong({ sizes }: BenchFigures): boolean {
  return sizes.some(({ cases }) => cases.some(({ outcome }) => outcome.kind === 'wrong'));
}

export function formatFigures({ sizes, bundles }: BenchFigures): string {
  const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`;
  return [
    `${machine}. CPU of the whole process, medians.`,
    ...sizes.map(formatSize),
    formatBundles(bundles),
  ].join('\n\n');
}

export function toJson({ sizes, bundles }: BenchFigures): object {
  return {
    node: process.versions.node,
    cpus: cpus().length,
    cpu: cpus()[0]?.model,
    sizes: sizes.map(({ size, cases }) => ({
      ...size,
      cases: cases.map(({ entry: { name, target }, outcome }) => {
        const { kind, ...figures } = outcome;
        return { name, isRight: kind === 'measured', ...figures, ...jsonTarget(size, target, outcome) };
      }),
    })),
    bundles: bundles.map((bundle) => ({ ...bundle, isMet: bundle.sizeBytes <= bundle.limitBytes })),
  };
}

function jsonTarget({ records }: WorkloadSize, target: number | undefined, outcome: CaseOutcome): object {
  if (records !== TARGET_RECORDS || target === undefined || outcome.kind === 'wrong') return {};
  return { target, isMet: outcome.timesFloor <= target };
}

function formatSize({ size, cases }: SizeFigures): string {
  const head = `Batches of ${size.records.toLocaleString('en-US')} one-event records from ${size.sources} sources`;
  const rows = cases.map(({ entry, outcome }) => {
    if (outcome.kind === 'wrong') return [entry.title, 'WRONG', '', '', outcome.message];
    const target = size.records === TARGET_RECORDS ? entry.target : undefined;
    return [
      entry.title,
      outcome.timesFloor.toFixed(2),
      outcome.microsPerRecord.toFixed(2),
      formatNumber(outcome.callsPerBatch),
      target === undefined ? '' : `at most ${target}: ${metOrMissed(outcome.timesFloor <= target)}`,
    ];
  });
  return `${head}\n\n${formatTable(['case', '× floor', 'µs/record', 'calls/batch', 'target'], rows)}`;
}

function formatBundles(bundles: readonly BundleFigures[]): string {
  const rows = bundles.map(({ name, sizeBytes, limitBytes, importMs }) => [
    name,
    sizeBytes,
    importMs.toFixed(1),
    `at most ${limitBytes.toLocaleString('en-US')} bytes: ${metOrMissed(sizeBytes <= limitBytes)}`,
  ]);
  return formatTable(['function', 'bytes', 'cold import, ms', 'target'], rows);
}

function metOrMissed(isMet: boolean): string {
  return isMet ? 'met' : 'MISSED';
}

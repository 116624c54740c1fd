import { Command } from 'commander';
import { UsageError } from './exit.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';
import { moment } from './options.ts';
import { formatNumber, formatTable } from './print-table.ts';
import { Progress } from './progress.ts';

interface ExportOptions extends StoreOptions {
  readonly into: string;
  readonly from: number;
  readonly to?: number;
  readonly json?: true;
}

export function exportCommand(): Command {
  return withStoreOptions(new Command('export'))
    .description('write final windows as Parquet files, for Athena, DuckDB and the like')
    .requiredOption('--into <place>', 'a folder, or s3://bucket/prefix')
    .requiredOption('--from <time>', 'first day (UTC) to export: a time, or how long ago (2d)', moment)
    .option('--to <time>', 'last day to export (default: today)', moment)
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      `
Writes one file per aggregation or rollup and day: windows/kind=source/name=NAME/day=YYYY-MM-DD/windows.parquet. Exporting a day
again replaces its files with all windows of the day that are final by then: nothing counts twice. docs/archive.md lists the columns.`,
    )
    .action(exportFiles);
}

async function exportFiles(options: ExportOptions): Promise<void> {
  const { from: fromMs, to: toMs = Date.now() } = options;
  if (toMs < fromMs) throw new UsageError('--from and --to: found --to before --from');
  const [{ exportWindows }, { openArchive }] = await Promise.all([
    import('../run/export-windows.ts'),
    import('../testing/archived-entries.ts'),
  ]);
  const progress = new Progress();
  try {
    const files = await useStores(
      options,
      ({ windows }) =>
        exportWindows({
          windows,
          objects: openArchive(options.into),
          fromMs,
          toMs,
          onFile: ({ key }) => progress.draw([key]),
        }),
      { of: 'current' },
    );
    progress.clear();
    if (options.json) process.stdout.write(`${JSON.stringify({ files })}\n`);
    else {
      const rows = files.map(({ key, windows, size }) => [key, formatNumber(windows), formatNumber(size)]);
      process.stdout.write(`${formatTable(['file', 'windows', 'bytes'], rows)}\n`);
    }
  } finally {
    progress.clear();
  }
}

// How a failure is reported: a message and an exit code. Stack traces are only for bugs.
import { CommanderError } from 'commander';
import { DefinitionFileError } from '../../cdk/load-definition.ts';
import { SettingsError } from '../../cdk/settings/settings-error.ts';
import { PipelineError } from '../core/pipeline/pipeline-error.ts';

/** Bad options, or a pipeline definition or settings that cannot be used. */
export const USAGE = 2;
const FAILED = 1;

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The message for stderr (empty when it has been printed) and the exit code. `TIDEMILL_DEBUG=1` adds the stack. */
export function explainFailure(error: unknown): { readonly message: string; readonly code: number } {
  if (error instanceof CommanderError) return { message: '', code: error.exitCode === 0 ? 0 : USAGE };
  const isUsage =
    error instanceof UsageError ||
    error instanceof PipelineError ||
    error instanceof SettingsError ||
    error instanceof DefinitionFileError;
  const debug = process.env['TIDEMILL_DEBUG'] === '1' && error instanceof Error ? `\n${error.stack}` : '';
  return { message: `tidemill: ${wordsOf(error)}${debug}`, code: isUsage ? USAGE : FAILED };
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC')
    return `the disk is full: ${error.message}. Free some space and run it again: nothing is lost`;
  if (code === 'EACCES' || code === 'EPERM') return `permission denied: ${error.message}`;
  return error.message === '' ? `${error.name} without a message` : error.message;
}

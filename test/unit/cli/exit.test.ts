import { CommanderError } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DefinitionFileError } from '../../../cdk/load-definition.ts';
import { explainFailure, UsageError } from '../../../src/cli/exit.ts';
import { PipelineError } from '../../../src/core/pipeline/pipeline-error.ts';
import { RuntimeError } from '../../../src/local-stack/runtime-error.ts';
import { RecordingError } from '../../../src/wire/recording-error.ts';

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

describe('a failure', () => {
  it.each([
    new UsageError('--value: expected together with --rollup'),
    new PipelineError(['aggregations: found nothing']),
    new DefinitionFileError('p.json: there is no such file'),
  ])('of usage ends with 2: $name', (error) => {
    expect(explainFailure(error)).toEqual({ message: `tidemill: ${error.message}`, code: 2 });
  });

  it.each([
    new RuntimeError('server-died', 'DynamoDB Local ended while it was needed (exit code 1).'),
    new RecordingError('malformed', { file: 'f', line: 3 }, 'found "x", expected JSON'),
    new TypeError('x is undefined'),
  ])('of the run ends with 1: $name', (error) => {
    expect(explainFailure(error)).toEqual({ message: `tidemill: ${error.message}`, code: 1 });
  });

  it('that commander has told of is not told again', () => {
    expect(explainFailure(new CommanderError(1, 'commander.unknownOption', 'error: unknown option'))).toEqual(
      {
        message: '',
        code: 2,
      },
    );
    expect(explainFailure(new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'))).toEqual({
      message: '',
      code: 0,
    });
  });

  it('for want of space says what to do', () => {
    const { message, code } = explainFailure(systemError('ENOSPC', 'no space left on device, write'));
    expect(message).toMatch(
      /^tidemill: the disk is full: ENOSPC: no space.*Free some space and run it again/,
    );
    expect(code).toBe(1);
  });

  it.each(['EACCES', 'EPERM'])('for want of permission (%s) says so', (errno) => {
    expect(explainFailure(systemError(errno, "open 'w.csv'")).message).toBe(
      `tidemill: permission denied: ${errno}: open 'w.csv'`,
    );
  });

  it('without a message, or that is no error, still says something', () => {
    expect(explainFailure(new AggregateError([])).message).toBe('tidemill: AggregateError without a message');
    expect(explainFailure('a text').message).toBe('tidemill: a text');
    expect(explainFailure(undefined).message).toBe('tidemill: undefined');
  });
});

describe('TIDEMILL_DEBUG', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('adds the stack, which is not there otherwise', () => {
    const error = new Error('broken');
    vi.stubEnv('TIDEMILL_DEBUG', '');
    expect(explainFailure(error).message).toBe('tidemill: broken');
    vi.stubEnv('TIDEMILL_DEBUG', '1');
    expect(explainFailure(error).message).toMatch(/^tidemill: broken\nError: broken\n {4}at /);
  });
});

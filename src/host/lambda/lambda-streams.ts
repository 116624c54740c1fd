import { VARIABLE } from '../../platform/names.ts';
import { createOutgoingStream } from '../../platform/outgoing-stream.ts';
import type { FunctionHost } from '../function-host.ts';
import { readVariable } from './read-variable.ts';

export function lambdaStreams(): Pick<FunctionHost, 'stream'> {
  return {
    stream: (name) => createOutgoingStream(readVariable(VARIABLE.stream(name), 'the name of a stream')),
  };
}

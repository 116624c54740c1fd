import type { FunctionHost } from '../../src/host/function-host.ts';
import { ArchiveWriter } from '../../src/stores/archive/archive-writer.ts';
import { createRecord } from './record.ts';

export const wire = ({ objects, meter, clock }: Pick<FunctionHost, 'objects' | 'meter' | 'clock'>) =>
  createRecord({ archive: new ArchiveWriter(objects('archive')), meter, nowMs: () => clock.nowMs() });

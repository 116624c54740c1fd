// Has the closer close every open window, as often as it takes.
import type { FunctionInvoker } from '../event-source/ports.ts';
import { RuntimeError } from '../local-stack/runtime-error.ts';

/** Returns how many windows were closed. @throws RuntimeError where they cannot be */
export async function closeAll(closer: FunctionInvoker): Promise<number> {
  let closed = 0;
  for (let failures = 0; ; ) {
    const outcome = await closer.invoke('{"closeAll":true}');
    if (outcome.kind !== 'returned') {
      failures += 1;
      if (failures === CLOSE_ATTEMPTS)
        throw new RuntimeError('close-failed', `windows could not be closed: ${outcome.message}`);
      continue;
    }
    const answer: { closedWindows: number; failed: number; refused: number; finished: boolean } = JSON.parse(
      outcome.payload,
    );
    closed += answer.closedWindows;
    if (answer.failed > 0) failures += 1;
    if (failures === CLOSE_ATTEMPTS)
      throw new RuntimeError('close-failed', `${answer.failed} sources could not be closed`);
    if (answer.finished && answer.failed === 0 && answer.refused === 0) return closed;
  }
}

const CLOSE_ATTEMPTS = 10;

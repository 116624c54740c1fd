// Ends a source: its alerts resolve, the clocks forget it, what it has open is closed. Its books stay, and should it send again, it
// is as any other.
import type { SourceStates } from './source-states.ts';

export type Retirement =
  | { readonly kind: 'retired' }
  | { readonly kind: 'unknown' }
  /** Others wrote it each time. */
  | { readonly kind: 'busy'; readonly attempts: number };

/** A source that sends meanwhile refuses the mark, and is then not one to be retired. */
const MAX_ATTEMPTS = 5;

/** Repeating it is safe. @throws StoreError, or Error where the mark could not be written */
export async function retireSource(
  source: string,
  { states, nowMs }: { readonly states: SourceStates; readonly nowMs: number },
): Promise<Retirement> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const [stored] = await states.load([source]);
    if (stored === undefined) return { kind: 'unknown' };
    const outcome = await states.markRetired(stored, nowMs);
    if (outcome.kind === 'committed') return { kind: 'retired' };
    if (outcome.kind === 'failed') throw new Error(`${source} was not retired: ${outcome.reason}`);
  }
  return { kind: 'busy', attempts: MAX_ATTEMPTS };
}

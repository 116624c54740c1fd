// Refuses work whose turn it is not. The state machine asks in order; who asks out of order is a map that goes on behind its failure, an
// execution that was stopped, or somebody by hand. Folded ahead, a source's earlier events would come late, and what is not folded before would be passed over by the next plan.
import type { ArchiveHour } from '../core/archive/archive-names.ts';
import type { Chunk } from '../core/rebuild/rebuild-steps.ts';
import { hourEndMs } from './archived-hours.ts';
import { planRebuild, type RebuildOptions, type RebuildWork } from './rebuild.ts';
import { RebuildError } from './rebuild-error.ts';

export type AskedWork =
  | { readonly kind: 'fold'; readonly chunk: Chunk }
  | { readonly kind: 'close'; readonly hour: ArchiveHour };

/**
 * What is done already may be asked for again. It reads the manifests of the hour and of the last one begun, of each shard; before it
 * refuses, all.
 *
 * @throws RebuildError where something that comes before is not done
 */
export async function expectTurn(
  asked: AskedWork,
  { generation, archive, generations }: Pick<RebuildOptions, 'generation' | 'archive' | 'generations'>,
): Promise<void> {
  const lastHour = asked.kind === 'close' ? asked.hour : (asked.chunk.hours.at(-1) ?? '');
  const upTo = {
    ...generation,
    toMs: Math.min(hourEndMs(lastHour), generation.toMs ?? Number.POSITIVE_INFINITY),
  };
  const nextIn = async (range: typeof generation) => {
    const [next] = await planRebuild({
      ...{ generation: range, archive, generations },
      ...{ goingOn: true, grownIsDone: true },
    });
    return next;
  };
  const soon = await nextIn(upTo);
  if (soon === undefined || isNextTo(soon, asked)) return;
  if (asked.kind === 'fold') {
    const { shard, hours } = asked.chunk;
    const stored = await generations.chunk(generation.name, { shard, hour: hours[0] ?? '' });
    if (stored?.value.done === true) return;
  }
  // An hour that more may stand in is folded with the one behind it: what may be a shard's child with one need not be with both.
  const next = await nextIn(generation);
  if (next === undefined || isNextTo(next, asked)) return;
  const what =
    asked.kind === 'fold' ? `${lastHour} of ${asked.chunk.shard} to be folded` : `${lastHour} to be closed`;
  throw new RebuildError(
    'order',
    `generation ${generation.name}: found ${what}, and ${textOf(next)} before it`,
    { advice: 'Start the rebuild again: it goes on in order' },
  );
}

/** Chunks of one work are folded side by side. */
function isNextTo(next: RebuildWork, asked: AskedWork): boolean {
  if (next.kind === 'close') return asked.kind === 'close' && asked.hour === next.hour;
  if (asked.kind === 'close') return false;
  const { shard, hours } = asked.chunk;
  return next.chunks.some((chunk) => chunk.shard === shard && chunk.hours[0] === hours[0]);
}

function textOf(next: RebuildWork): string {
  if (next.kind === 'close') return `${next.hour} not closed`;
  return `${next.hour} of ${next.chunks.map(({ shard }) => shard).join(', ')} not folded`;
}

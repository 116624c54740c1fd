// The books, read from the stores: each source's own counts, and the dead letters.
import { EMPTY_LEDGER, type Ledger } from '../core/ledger.ts';
import { decodeBooks, type EncodedState, type SourceBooks } from '../core/state-encoding.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { SourceStates } from './source-states.ts';

export interface StoredLedger extends Ledger {
  readonly sources: number;
  /** Late events in the dead letters: as many as the sources count, once the changelog is handled. */
  readonly lateLetters: number;
  /** Events that their sources count as quarantined: of a time that cannot be right, or without room. And those of them in the dead letters. */
  readonly refused: number;
  readonly refusedLetters: number;
  /** Events with values that were set aside: beside the books, since each has its verdict. */
  readonly setAside: number;
  /** Events that wait for sources which are held: they have no verdict yet, and are in no other count. */
  readonly held: number;
  /** Sources whose own books cannot be read: the counts are those of all others. */
  readonly unreadableSources: number;
  /** Events that came under a partition key that is not their source. */
  readonly strays: number;
}

/**
 * The sources count what they received apart from the verdicts; what is quarantined never reached one, and was received
 * too. Consistent only while nothing is being written.
 */
export async function readLedger(states: SourceStates, deadLetters: DeadLetters): Promise<StoredLedger> {
  let { received, applied, duplicate, late } = EMPTY_LEDGER;
  let refused = 0;
  let sources = 0;
  let strays = 0;
  let unreadableSources = 0;
  for await (const { source, state } of states.scan()) {
    sources += 1;
    const books = readBooks(source, state);
    if (books === undefined) {
      unreadableSources += 1;
      continue;
    }
    const { counts, strays: astray } = books;
    strays += astray;
    received += counts.received;
    applied += counts.applied;
    duplicate += counts.duplicate;
    late += counts.late;
    refused += counts.quarantined;
  }
  const letters = await deadLetters.count();
  return {
    received: received + letters.quarantined,
    applied,
    duplicate,
    late,
    quarantined: letters.quarantined + refused,
    sources,
    lateLetters: letters.late,
    refused,
    refusedLetters: letters.refused,
    setAside: letters.setAside,
    held: letters.held,
    unreadableSources,
    strays,
  };
}

/** undefined: they cannot be read. The books stand first in a state, so that some can be read of which the rest cannot. */
export function readBooks(source: string, state: EncodedState): SourceBooks | undefined {
  try {
    return decodeBooks(source, state);
  } catch {
    return undefined;
  }
}

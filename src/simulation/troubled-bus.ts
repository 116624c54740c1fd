// An event bus as a container sees it whose calls go wrong as planned: nothing taken, some, or all and the answer lost.
import type { BusEntry, EventBus } from '../platform/event-bus.ts';
import type { Invocation } from './invocation.ts';

/** `onTaken`: an entry is on the bus. */
export function troubledBus(invocation: () => Invocation, onTaken: (entry: BusEntry) => void): EventBus {
  return {
    async put(entries) {
      const current = invocation();
      const fault = await current.call();
      if (fault?.kind === 'unavailable' && fault.when === 'before') throw unreachable();
      const isHalfDone =
        (fault?.kind === 'unavailable' || fault?.kind === 'crash') && fault.when === 'during';
      const fates = fault?.kind === 'statements' ? fault.fates : [];
      const answers = entries.map((entry, at) => {
        const fate = fates[at % Math.max(1, fates.length)];
        if (fate === 'throttled' || (isHalfDone && at % 2 === 1)) return 'ThrottlingException: try again';
        onTaken(entry);
        return fate === 'answer-lost' ? 'InternalFailure: try again' : undefined;
      });
      if (fault?.kind === 'unavailable') throw unreachable();
      await current.answer(fault);
      return answers;
    },
  };
}

function unreachable(): Error {
  return new Error('the bus could not be reached');
}

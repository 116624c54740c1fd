// Commands of operators that mend what they should not, or not all of it, each in a way that the simulation must find.
import { redriveLetters } from '../../consumers/aggregate/redrive-letters.ts';
import { resumeSource } from '../../consumers/aggregate/resume-source.ts';
import type { Replacements } from '../../src/simulation/simulated-system.ts';

export const BROKEN_REPAIRS: Readonly<Record<string, Replacements>> = {
  'a resumption that lifts the hold and leaves what was set aside': {
    resume: async (source, deps) => {
      const [stored] = await deps.states.load([source]);
      if (stored?.held === undefined) return { kind: 'not-held' };
      await deps.states.lift(stored);
      return {
        kind: 'resumed',
        verdicts: { applied: 0, duplicate: 0, late: 0, quarantined: 0, redelivered: 0 },
      };
    },
  },
  'a resumption that folds in the latest first': {
    resume: async (source, deps) =>
      await resumeSource(source, {
        ...deps,
        deadLetters: changed(deps.deadLetters, {
          heldFor: async (of, limit) => (await deps.deadLetters.heldFor(of, limit)).toReversed(),
        }),
      }),
  },
  'a redriving that does not know what it has put back': {
    redrive: async (deps, options) =>
      await redriveLetters(
        {
          ...deps,
          deadLetters: changed(deps.deadLetters, { fates: async (letters) => letters.map(() => undefined) }),
          states: changed(deps.states, {
            load: async (sources) =>
              (await deps.states.load(sources)).map(({ redriven: _, ...state }) => state),
          }),
        },
        options,
      ),
  },
};

/** The same, but for some of its methods. */
function changed<T extends object>(store: T, methods: Partial<T>): T {
  return new Proxy(store, {
    get: (target, name) => {
      const own: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
}

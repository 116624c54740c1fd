// Has a reader look at the generation of the tables that is current: a handler for each, made by the same wire, so that what one
// request reads is all of one generation.
import { FIRST_GENERATION, GENERATION_TABLES } from '../core/rebuild/generation-name.ts';
import { Generations } from '../stores/generations.ts';
import type { FunctionHost } from './function-host.ts';

/** Set where the stack can rebuild; without it the current generation is never looked up, at no cost. */
export const GENERATIONS_SETTING = 'generations';

/** How long after a switch a reader may look at the generation before. */
export const CURRENT_FOR_MS = 5_000;

type Host = Pick<FunctionHost, 'table' | 'option' | 'clock'>;

/** Where it cannot be read which one is current, the one that was goes on; before the first, the request fails. */
export function byGeneration<E, C extends readonly unknown[], R>(
  { table, option, clock }: Host,
  wire: (table: FunctionHost['table']) => (event: E, ...context: C) => Promise<R>,
): (event: E, ...context: C) => Promise<R> {
  if (option(GENERATIONS_SETTING) === undefined) return wire(table);
  const current = new CurrentGeneration(new Generations(table('readers')), () => clock.nowMs());
  const handlers = new Map<string, (event: E, ...context: C) => Promise<R>>();
  return async (event, ...context) => {
    const generation = await current.name();
    const handler = handlers.get(generation) ?? wire((name) => tableIn(table, name, generation));
    handlers.set(generation, handler);
    return await handler(event, ...context);
  };
}

function tableIn(table: FunctionHost['table'], name: string, generation: string) {
  const isOfGeneration = generation !== FIRST_GENERATION && GENERATION_TABLES.some((each) => each === name);
  return isOfGeneration ? table(name, generation) : table(name);
}

class CurrentGeneration {
  readonly #generations: Generations;
  readonly #nowMs: () => number;
  #known: { readonly name: string; readonly untilMs: number } | undefined;

  constructor(generations: Generations, nowMs: () => number) {
    this.#generations = generations;
    this.#nowMs = nowMs;
  }

  async name(): Promise<string> {
    if (this.#known !== undefined && this.#nowMs() < this.#known.untilMs) return this.#known.name;
    try {
      const { generation: name } = await this.#generations.current();
      this.#known = { name, untilMs: this.#nowMs() + CURRENT_FOR_MS };
      return name;
    } catch (error) {
      if (this.#known === undefined) throw error;
      return this.#known.name;
    }
  }
}

// Has a reader look at the generation of the tables that is current: a handler for each, made by the same wire, so that what one
// request reads is all of one generation, and under its definition.
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { readPipeline } from '../core/pipeline/read-pipeline.ts';
import { FIRST_GENERATION, GENERATION_TABLES } from '../core/rebuild/generation-name.ts';
import { Generations } from '../stores/generations.ts';
import type { FunctionHost } from './function-host.ts';

/** Set where the stack can rebuild; without it the current generation is never looked up, at no cost. */
export const GENERATIONS_SETTING = 'generations';

/** How long after a switch a reader may look at the generation before. */
export const CURRENT_FOR_MS = 5_000;

type Host = Pick<FunctionHost, 'table' | 'option' | 'clock' | 'pipeline'>;

/**
 * `wire` gets the tables of a generation and the pipeline that it was made under: states and windows are read as they were written. Where it
 * cannot be read which one is current, the one that was goes on; before the first, the request fails.
 */
export function byGeneration<E, C extends readonly unknown[], R>(
  { table, option, clock, pipeline }: Host,
  wire: (table: FunctionHost['table'], pipeline: Pipeline) => (event: E, ...context: C) => Promise<R>,
): (event: E, ...context: C) => Promise<R> {
  const own = wire(table, pipeline);
  if (option(GENERATIONS_SETTING) === undefined) return own;
  const generations = new Generations(table('readers'));
  const current = new CurrentGeneration(generations, () => clock.nowMs());
  // Kept only while it is current: after that it may be removed, and begun again under another definition.
  let other: { readonly name: string; readonly handler: typeof own } | undefined;
  const handlerOf = async (name: string) => {
    if (other?.name !== name) other = undefined;
    if (name === FIRST_GENERATION) return own;
    if (other !== undefined) return other.handler;
    const made = await pipelineOf(name, generations, pipeline);
    const handler = wire((role) => tableIn(table, role, name), made);
    other = { name, handler };
    return handler;
  };
  return async (event, ...context) => {
    const handler = await handlerOf(await current.name());
    return await handler(event, ...context);
  };
}

/** Shapes are of what comes in, which is read as deployed. */
async function pipelineOf(name: string, generations: Generations, deployed: Pipeline): Promise<Pipeline> {
  const generation = await generations.load(name);
  if (generation === undefined)
    throw new Error(`generation ${name}: found nothing noted of it, expected its definition`);
  const { shapes: _, ...definition }: { readonly shapes?: unknown } = generation.definition;
  return { ...readPipeline(definition, NONE), shapes: deployed.shapes };
}

const NONE = new Map<string, never>();

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

// One invocation of a function: what its calls of tables meet, and the ways it ends other than by answering.
import type { VirtualClock } from '../event-source/virtual-clock.ts';
import type { CallFault, FaultSchedule, InvocationFault } from './fault-schedule.ts';
import type { Trace } from './trace.ts';

export interface InvocationDeps {
  readonly clock: VirtualClock;
  readonly trace: Trace;
  readonly faults: Pick<FaultSchedule, 'ofInvocation'>;
  readonly latenciesMs: readonly number[];
}

export class Invocation {
  /** The function's. */
  readonly name: string;
  readonly number: number;
  readonly faults: readonly InvocationFault[];
  readonly #deps: InvocationDeps;
  readonly #calls: ReadonlyMap<number, CallFault>;
  readonly #crash = Promise.withResolvers<string>();
  #made = 0;
  #asked = 0;
  isDead = false;

  constructor(name: string, number: number, deps: InvocationDeps) {
    this.name = name;
    this.number = number;
    this.#deps = deps;
    const { invocations, calls } = deps.faults.ofInvocation(name, number);
    this.faults = invocations;
    this.#calls = calls;
  }

  /** Resolves with how it crashed, if it does. */
  get crashed(): Promise<string> {
    return this.#crash.promise;
  }

  /** Begins a call of a table: takes its time, and gives what is to go wrong with it. Never resolves once dead. */
  async call(): Promise<CallFault | undefined> {
    this.#made += 1;
    const { latenciesMs, clock } = this.#deps;
    const fault = this.#calls.get(this.#made);
    const turn = this.number * 7 + this.#made;
    const latencyMs = latenciesMs[turn % Math.max(1, latenciesMs.length)] ?? 0;
    const hangsMs = fault?.kind === 'hang' && fault.when === 'before' ? fault.ms : 0;
    if (hangsMs > 0) this.note(`call ${this.#made} hangs before it is made, for ${hangsMs} ms`);
    if (latencyMs + hangsMs > 0) await clock.sleep(latencyMs + hangsMs);
    await this.unlessDead();
    if (fault !== undefined && fault.kind !== 'hang') this.note(() => `call: ${wordsOf(fault)}`);
    if (fault?.kind === 'crash' && fault.when === 'before') return await this.die('before a call of a table');
    return fault;
  }

  /** Ends a call that did what it was to do. */
  async answer(fault: CallFault | undefined): Promise<void> {
    if (fault?.kind === 'crash') await this.die(`${fault.when} a call of a table`);
    if (fault?.kind === 'hang' && fault.when === 'after') {
      this.note(`call ${this.#made} is made, its answer hangs for ${fault.ms} ms`);
      await this.#deps.clock.sleep(fault.ms);
    }
    await this.unlessDead();
  }

  /** The container is gone in mid-invocation: what it waits for never comes. */
  async die(how: string): Promise<never> {
    this.isDead = true;
    this.#crash.resolve(how);
    return await never();
  }

  async unlessDead(): Promise<void> {
    if (this.isDead) await never();
  }

  /** What Lambda's context says. */
  remainingMs(endsMs: number): number {
    this.#asked += 1;
    const fault = this.faults.find(({ kind }) => kind === 'out-of-time');
    if (fault?.kind === 'out-of-time' && this.#asked >= fault.asked) return 0;
    return Math.max(0, endsMs - this.#deps.clock.nowMs());
  }

  note(text: string | (() => string)): void {
    const head = `${this.name} #${this.number}`;
    this.#deps.trace.note(() => `${head}  ${typeof text === 'string' ? text : text()}`);
  }
}

/** One of its own for each: what waits for one that lives on is never forgotten. */
function never(): Promise<never> {
  return new Promise(() => {});
}

function wordsOf(fault: CallFault): string {
  switch (fault.kind) {
    case 'crash':
      return `the container dies ${fault.when} it`;
    case 'unavailable':
      return `the table is unavailable ${fault.when} it is done`;
    case 'statements':
      return `each statement has its fate: ${fault.fates.join(', ')}`;
    case 'hang':
      return `hangs ${fault.when} it for ${fault.ms} ms`;
  }
}

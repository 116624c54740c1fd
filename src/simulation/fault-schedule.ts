// Which planned fault is whose: looked up where it is to happen.
import type { Fault, StreamName, StreamReader } from './plan.ts';

export type CallFault = Extract<Fault, { readonly call: number }>;
export type InvocationFault = Exclude<Extract<Fault, { readonly invocation: number }>, CallFault>;
export type ReadFault = Extract<Fault, { readonly kind: 'read' }>;

export interface FaultsOfInvocation {
  readonly calls: ReadonlyMap<number, CallFault>;
  readonly invocations: readonly InvocationFault[];
}

export class FaultSchedule {
  readonly #faults: ReadonlyMap<string, readonly Fault[]>;
  #isOver = false;

  constructor(faults: readonly Fault[]) {
    this.#faults = Map.groupBy(faults, keyOf);
  }

  /** From now on nothing goes wrong that has not yet. */
  end(): void {
    this.#isOver = true;
  }

  /** `name`: of a function. */
  ofInvocation(name: string, invocation: number): FaultsOfInvocation {
    const found = this.#at(`${name} ${invocation}`);
    const calls = new Map<number, CallFault>();
    const invocations: InvocationFault[] = [];
    for (const fault of found) {
      if ('call' in fault) calls.set(fault.call, fault);
      else if ('invocation' in fault) invocations.push(fault);
    }
    return { calls, invocations };
  }

  ofRead(stream: StreamName, read: number): ReadFault | undefined {
    return this.#at(`read ${stream} ${read}`).find((fault) => fault.kind === 'read');
  }

  ofSave(reader: StreamReader, save: number): boolean {
    return this.#at(`save ${reader} ${save}`).length > 0;
  }

  #at(key: string): readonly Fault[] {
    return this.#isOver ? [] : (this.#faults.get(key) ?? []);
  }
}

function keyOf(fault: Fault): string {
  if (fault.kind === 'read') return `read ${fault.stream} ${fault.read}`;
  if (fault.kind === 'checkpoint') return `save ${fault.reader} ${fault.save}`;
  return `${fault.function} ${fault.invocation}`;
}

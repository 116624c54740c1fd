// A function and its containers: an execution environment each, warm between invocations, lost when it dies. One that
// runs into its time limit counts as failed at once, and may go on for a while: what it sends still arrives.
import type { InvokeOutcome } from '../event-source/ports.ts';
import { Invocation, type InvocationDeps } from './invocation.ts';
import type { Plan } from './plan.ts';

export interface HandlerContext {
  getRemainingTimeInMillis(): number;
}
export type Handler = (event: unknown, context: HandlerContext) => Promise<unknown>;

export interface SimulatedFunctionOptions {
  readonly name: string;
  readonly timeoutMs: number;
  readonly containers: Plan['containers'];
  /** Starts a container: a handler with caches of its own. `invocation` gives the one it is at. */
  readonly start: (invocation: () => Invocation) => Handler;
}

interface Container {
  readonly number: number;
  readonly handler: Handler;
  invocation: Invocation | undefined;
  busy: boolean;
  affinity: string | undefined;
}

export class SimulatedFunction {
  readonly #options: SimulatedFunctionOptions;
  readonly #deps: InvocationDeps;
  #containers: Container[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #started = 0;
  #invocations = 0;
  #offUntilMs = 0;

  constructor(options: SimulatedFunctionOptions, deps: InvocationDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  get invocations(): number {
    return this.#invocations;
  }

  /** No invocation begins before then. */
  switchOff(untilMs: number): void {
    this.#offUntilMs = Math.max(this.#offUntilMs, untilMs);
  }

  /** Never rejects. `event` is JSON; `what` says in words what is handed over. */
  async invoke(event: string, affinity: string, what: () => string): Promise<InvokeOutcome> {
    if (this.#deps.clock.nowMs() < this.#offUntilMs)
      return { kind: 'not-invoked', reason: 'throttled', message: 'switched off for a while' };
    this.#invocations += 1;
    const invocation = new Invocation(this.#options.name, this.#invocations, this.#deps);
    const [fault] = invocation.faults;
    if (fault?.kind === 'throttled' || fault?.kind === 'service-error') {
      invocation.note(() => `${what()}: ${fault.kind}, not invoked`);
      return { kind: 'not-invoked', reason: fault.kind, message: 'as planned' };
    }
    const container = this.#take(affinity, invocation);
    invocation.note(() => `${what()}, in container ${container.number}`);
    const outcome = await this.#run(container, invocation, event);
    invocation.note(() => (outcome.kind === 'returned' ? `answers ${outcome.payload}` : wordsOf(outcome)));
    if (fault?.kind === 'answer-lost' && outcome.kind === 'returned') {
      invocation.note('its answer is lost');
      return { kind: 'function-error', errorType: 'Lost', message: 'the answer was lost' };
    }
    if (fault?.kind === 'redelivered') this.#later(fault.afterMs, () => this.invoke(event, affinity, what));
    return outcome;
  }

  /** Idle containers go. */
  recycle(): void {
    this.#containers = this.#containers.filter(({ busy }) => busy);
  }

  /** New code is deployed: whoever is busy ends with what he has; `beside`: so does every other one that is idle. */
  deploy(beside: boolean): void {
    this.#containers = beside ? this.#containers.filter((_, at) => at % 2 === 1) : [];
  }

  /** Resolves when nothing is under way any more: late ones and redelivered ones too. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async #run(container: Container, invocation: Invocation, event: string): Promise<InvokeOutcome> {
    const { clock } = this.#deps;
    const { timeoutMs } = this.#options;
    if (invocation.faults.some(({ kind }) => kind === 'crash-at-start')) {
      this.#lose(container);
      return crash('at its start');
    }
    const endsMs = clock.nowMs() + timeoutMs;
    const handled = container
      .handler(JSON.parse(event), { getRemainingTimeInMillis: () => invocation.remainingMs(endsMs) })
      .then(
        (answer): InvokeOutcome => ({ kind: 'returned', payload: JSON.stringify(answer) }),
        (error): InvokeOutcome => ({ kind: 'function-error', errorType: 'Error', message: String(error) }),
      );
    const ended = Promise.race([handled, invocation.crashed.then(crash)]);
    this.#track(ended);
    const inTime = new AbortController();
    const timedOut = clock.sleep(timeoutMs, inTime.signal).then(() => TIMED_OUT);
    const outcome = await Promise.race([ended, timedOut]);
    inTime.abort(ENDED);
    if (outcome === TIMED_OUT || invocation.isDead) this.#lose(container);
    else container.busy = false;
    if (outcome === TIMED_OUT)
      void ended.then((late) => invocation.note(() => `ends late: ${wordsOf(late)}`));
    return outcome;
  }

  #take(affinity: string, invocation: Invocation): Container {
    const { choice, least } = this.#options.containers;
    while (this.#containers.length < least) this.#startContainer();
    const free = this.#containers.filter(({ busy }) => !busy);
    const turn = free[invocation.number % Math.max(1, free.length)];
    const known = choice === 'affinity' ? free.find((each) => each.affinity === affinity) : undefined;
    const container = known ?? turn ?? this.#startContainer();
    container.busy = true;
    container.affinity = affinity;
    container.invocation = invocation;
    return container;
  }

  #startContainer(): Container {
    this.#started += 1;
    const name = this.#options.name;
    const container: Container = {
      number: this.#started,
      handler: this.#options.start(() => {
        if (container.invocation === undefined) throw new Error(`${name}: a call outside of any invocation`);
        return container.invocation;
      }),
      invocation: undefined,
      busy: false,
      affinity: undefined,
    };
    this.#containers.push(container);
    return container;
  }

  #lose(container: Container): void {
    this.#containers = this.#containers.filter((each) => each !== container);
  }

  #later(afterMs: number, action: () => Promise<unknown>): void {
    this.#track(this.#deps.clock.sleep(afterMs).then(action));
  }

  #track(work: Promise<unknown>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }
}

/** A reason of its own spares making an error with a stack for each invocation. */
const ENDED = 'ended';

const TIMED_OUT: InvokeOutcome = {
  kind: 'function-error',
  errorType: 'Sandbox.Timedout',
  message: 'ran into its time limit',
};

function crash(how: string): InvokeOutcome {
  return { kind: 'function-error', errorType: 'Runtime.ExitError', message: `the container died ${how}` };
}

function wordsOf(outcome: InvokeOutcome): string {
  return outcome.kind === 'returned' ? `answers ${outcome.payload}` : `fails: ${outcome.message}`;
}

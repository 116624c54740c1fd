// Runs a template that was read: Velocity 1.7's rules over Java's values, and API Gateway's own where it does otherwise.
import { callJavaMethod, itemsOf } from '../java-methods.ts';
import type { OpenQuestions } from '../open-questions.ts';
import { calculate, compare, equal, isTrue } from './java-operators.ts';
import { HostObject, type JavaValue, Listing, numberOf, printJava } from './java-values.ts';
import type { Expression, Part, Parts, PrintedReference, Reference, Step } from './syntax.ts';

export interface RunOptions {
  readonly variables: ReadonlyMap<string, JavaValue>;
  readonly answers: OpenQuestions;
  /** Maps that print nothing, as those of `$context` do. */
  readonly silent: ReadonlySet<JavaValue>;
}

/** @throws when a method is not there or fails, or the template does not end in a reasonable time */
export function runTemplate(parts: Parts, options: RunOptions): string {
  const { answers, silent } = options;
  const run: Run = { answers, silent, variables: new Map(options.variables), steps: 0 };
  const written: string[] = [];
  runParts(parts, run, written);
  return written.join('');
}

interface Run {
  readonly answers: OpenQuestions;
  readonly silent: ReadonlySet<JavaValue>;
  readonly variables: Map<string, JavaValue>;
  steps: number;
}

/** API Gateway's own bound of a loop. */
const MAX_ROUNDS = 1_000;
/** Loops in loops end by this. */
const MAX_STEPS = 2_000_000;

type Outcome = 'goes-on' | 'break' | 'stop';

function runParts(parts: Parts, run: Run, out: string[]): Outcome {
  for (const part of parts) {
    const outcome = runPart(part, run, out);
    if (outcome !== 'goes-on') return outcome;
  }
  return 'goes-on';
}

function runPart(part: Part, run: Run, out: string[]): Outcome {
  countStep(run);
  switch (part.kind) {
    case 'text':
      out.push(part.text);
      return 'goes-on';
    case 'reference':
      out.push(printed(part, run));
      return 'goes-on';
    case 'set':
      assign(part.target, evaluate(part.value, run), run);
      return 'goes-on';
    case 'if':
      for (const { condition, body } of part.branches) {
        if (condition === undefined || isTrue(evaluate(condition, run), run.answers))
          return runParts(body, run, out);
      }
      return 'goes-on';
    case 'foreach':
      return runLoop(part, run, out);
    default:
      return part.kind;
  }
}

function countStep(run: Run): void {
  run.steps += 1;
  if (run.steps > MAX_STEPS) throw new Error(`mapping template: found more than ${MAX_STEPS} steps`);
}

function runLoop(part: Part & { readonly kind: 'foreach' }, run: Run, out: string[]): Outcome {
  const list = evaluate(part.list, run);
  // In a map Velocity goes through the values.
  const items = list instanceof Map ? [...list.values()] : (itemsOf(list) ?? []);
  if (items.length > MAX_ROUNDS && run.answers.loopBeyondLimit === 'fails') {
    throw new Error(`mapping template: found a loop over ${items.length}, expected at most ${MAX_ROUNDS}`);
  }
  const rounds = items.slice(0, MAX_ROUNDS);
  const { variables } = run;
  const kept = [part.name, 'foreach', 'velocityCount'].map(
    (name) => [name, variables.has(name), variables.get(name)] as const,
  );
  const parent = variables.get('foreach');
  let outcome: Outcome = 'goes-on';
  for (const [index, item] of rounds.entries()) {
    countStep(run);
    variables.set(part.name, item);
    variables.set('velocityCount', index + 1);
    variables.set('foreach', loopVariable(index, rounds.length, parent));
    outcome = runParts(part.body, run, out);
    if (outcome !== 'goes-on') break;
  }
  for (const [name, was, value] of kept) {
    if (was) variables.set(name, value);
    else variables.delete(name);
  }
  return outcome === 'stop' ? 'stop' : 'goes-on';
}

function loopVariable(index: number, length: number, parent: JavaValue): HostObject {
  const hasNext = index + 1 < length;
  return new HostObject({
    methods: { hasNext: () => hasNext },
    properties: { index, count: index + 1, hasNext, first: index === 0, last: !hasNext, parent },
  });
}

function evaluate(expression: Expression, run: Run): JavaValue {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'interpolated': {
      const written: string[] = [];
      runParts(expression.parts, run, written);
      return written.join('');
    }
    case 'value':
      return resolve(expression.reference, run).value;
    case 'list':
      return new Listing(expression.items.map((item) => evaluate(item, run)));
    case 'range':
      return rangeOf(evaluate(expression.from, run), evaluate(expression.to, run));
    case 'map':
      return new Map(
        expression.entries.map(([key, value]) => [printJava(evaluate(key, run)), evaluate(value, run)]),
      );
    case 'not':
      return !isTrue(evaluate(expression.of, run), run.answers);
    case 'binary':
      return evaluateBinary(expression, run);
  }
}

function evaluateBinary(expression: Expression & { readonly kind: 'binary' }, run: Run): JavaValue {
  const { operator } = expression;
  const left = evaluate(expression.left, run);
  if (operator === '&&') {
    return isTrue(left, run.answers) && isTrue(evaluate(expression.right, run), run.answers);
  }
  if (operator === '||') {
    return isTrue(left, run.answers) || isTrue(evaluate(expression.right, run), run.answers);
  }
  const right = evaluate(expression.right, run);
  switch (operator) {
    case '==':
    case '!=':
      return equal(operator, [left, right], run.answers);
    case '<':
    case '>':
    case '<=':
    case '>=':
      return compare(operator, left, right);
    default:
      return calculate(operator, left, right);
  }
}

function rangeOf(from: JavaValue, to: JavaValue): Listing {
  const [begin, end] = [numberOf(from), numberOf(to)];
  if (begin === undefined || end === undefined) return new Listing([]);
  const length = Math.min(Math.abs(end - begin) + 1, MAX_ROUNDS + 1);
  const step = Math.sign(end - begin);
  return new Listing(Array.from({ length }, (_, i) => begin + i * step));
}

interface Found {
  readonly value: JavaValue;
  /** Undefined where every name of the reference was read as it is written. */
  readonly rest?: string;
}

/** Where names have no hyphens, what is behind the first one is no part of the reference: it is text. */
function resolve(reference: Reference, run: Run): Found {
  const name = nameOf(reference.name, run);
  let value = run.variables.get(name);
  if (name !== reference.name) return { value, rest: reference.name.slice(name.length) };
  for (const step of reference.steps) {
    if (step.kind === 'property' && nameOf(step.name, run) !== step.name) {
      const short = nameOf(step.name, run);
      return { value: propertyOf(value, short), rest: step.name.slice(short.length) };
    }
    value = take(value, step, run);
  }
  return { value };
}

const nameOf = (name: string, { answers }: Run): string =>
  answers.hyphensInNames ? name : name.slice(0, name.indexOf('-') < 0 ? undefined : name.indexOf('-'));

function take(value: JavaValue, step: Step, run: Run): JavaValue {
  switch (step.kind) {
    case 'property':
      return propertyOf(value, step.name);
    case 'method': {
      const parameters = step.parameters.map((parameter) => evaluate(parameter, run));
      return callJavaMethod(value, step.name, parameters);
    }
    case 'index':
      return elementOf(value, evaluate(step.index, run));
  }
}

function propertyOf(value: JavaValue, name: string): JavaValue {
  if (value instanceof Map) return value.get(name);
  if (!(value instanceof HostObject)) return undefined;
  // A function without its parentheses.
  return value.properties.get(name) ?? (value.methods.has(name) ? new HostObject({}) : undefined);
}

function elementOf(value: JavaValue, index: JavaValue): JavaValue {
  if (value instanceof Map) return value.get(printJava(index));
  const items = itemsOf(value);
  const at = numberOf(index);
  if (items === undefined || at === undefined) return undefined;
  // Velocity counts a negative index from the end.
  return callJavaMethod(items, 'get', [at < 0 ? items.length + at : at]);
}

function assign({ name, steps }: Reference, value: JavaValue, run: Run): void {
  for (const each of [name, ...steps.flatMap((step) => (step.kind === 'property' ? [step.name] : []))]) {
    if (nameOf(each, run) !== each)
      throw new Error(`mapping template: found ${each}, expected a name without hyphens`);
  }
  const last = steps.at(-1);
  if (last === undefined) {
    run.variables.set(name, value);
    return;
  }
  const { value: owner } = resolve({ name, steps: steps.slice(0, -1) }, run);
  if (last.kind === 'method')
    throw new Error(`mapping template: found #set of ${last.name}(), expected a member`);
  const key = last.kind === 'property' ? last.name : evaluate(last.index, run);
  if (owner instanceof Map) owner.set(printJava(key), value);
  else if (itemsOf(owner) !== undefined) callJavaMethod(owner, 'set', [key, value]);
  // What is not there takes no member, and says nothing of it.
}

function printed({ reference, written, quiet, escaped }: PrintedReference, run: Run): string {
  const isKnown = run.variables.has(nameOf(reference.name, run));
  if (escaped) return isKnown ? written : `\\${written}`;
  if (!isKnown && !quiet && run.answers.unknownVariable === 'as-written') return written;
  const { value, rest = '' } = resolve(reference, run);
  return value === undefined || run.silent.has(value) ? rest : printJava(value) + rest;
}

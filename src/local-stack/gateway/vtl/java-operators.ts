// Operators of Velocity over Java's values.
import { isEqual } from '../java-methods.ts';
import type { OpenQuestions } from '../open-questions.ts';
import { HostObject, type JavaValue, Listing, numberOf, printJava } from './java-values.ts';

export function isTrue(value: JavaValue, { truth }: OpenQuestions): boolean {
  if (value === undefined || value === false) return false;
  if (truth === 'velocity-1') return true;
  if (value instanceof Map) return value.size > 0;
  if (value instanceof Listing) return value.items.length > 0;
  if (Array.isArray(value)) return value.length > 0;
  return value !== '' && numberOf(value) !== 0;
}

/** `==` and `!=`, which are each other's contrary only where nothing is null. */
export function equal(
  operator: '==' | '!=',
  [left, right]: readonly [JavaValue, JavaValue],
  answers: OpenQuestions,
): boolean {
  if (left !== undefined && right !== undefined) return sameValue(left, right) === (operator === '==');
  const other = left ?? right;
  const same = other === undefined || (other === '' && answers.nothingEqualsEmptyText);
  if (operator === '==') return same;
  return !same && answers.nothingDiffersFromText;
}

/** Velocity compares values of different types by what they print. */
function sameValue(left: JavaValue, right: JavaValue): boolean {
  if (isEqual(left, right)) return true;
  return typeOf(left) !== typeOf(right) && printJava(left) === printJava(right);
}

function typeOf(value: JavaValue): string {
  if (numberOf(value) !== undefined) return 'number';
  if (value instanceof Map) return 'map';
  if (Array.isArray(value) || value instanceof Listing) return 'list';
  return value instanceof HostObject ? 'host' : typeof value;
}

/** Compares numbers; anything else gives false. */
export function compare(operator: '<' | '>' | '<=' | '>=', left: JavaValue, right: JavaValue): boolean {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === undefined || b === undefined) return false;
  if (operator === '<') return a < b;
  if (operator === '>') return a > b;
  return operator === '<=' ? a <= b : a >= b;
}

/** Undefined: not of these values, or a division by zero. */
export function calculate(
  operator: '+' | '-' | '*' | '/' | '%',
  left: JavaValue,
  right: JavaValue,
): JavaValue {
  if (operator === '+' && (typeof left === 'string' || typeof right === 'string')) {
    return printJava(left) + printJava(right);
  }
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a === undefined || b === undefined) return undefined;
  const whole = Number.isInteger(a) && Number.isInteger(b);
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0 ? undefined : whole ? Math.trunc(a / b) : a / b;
    case '%':
      return b === 0 ? undefined : a % b;
  }
}

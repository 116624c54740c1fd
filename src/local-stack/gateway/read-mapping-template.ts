// Reads a mapping template, and refuses what would fail at the first request: directives, functions, methods and paths that
// are not run here.
import { isJavaMethod, REGEX_METHODS } from './java-methods.ts';
import { parseJsonPath } from './json-path.ts';
import { LIKELY_ANSWERS } from './open-questions.ts';
import { utilMethods } from './util-functions.ts';
import { javaRegex } from './vtl/java-regex.ts';
import { parseTemplate } from './vtl/parse-template.ts';
import type { Expression, Part, Parts, Reference } from './vtl/syntax.ts';

/** API Gateway's limit for a template. */
const MAX_TEMPLATE_BYTES = 300 * 1024;
/** Templates are those of the stack, a few. */
const MAX_READ = 1_000;

const readTemplates = new Map<string, Parts>();

/** @throws naming the line and what was found, `where` first */
export function readMappingTemplate(template: string, where = 'mapping template'): Parts {
  const known = readTemplates.get(template);
  if (known !== undefined) return known;
  const bytes = Buffer.byteLength(template);
  if (bytes > MAX_TEMPLATE_BYTES) {
    throw new Error(`${where}: found ${bytes} bytes, expected at most ${MAX_TEMPLATE_BYTES}`);
  }
  const parts = parseTemplate(template, where);
  checkParts(parts, where);
  if (readTemplates.size < MAX_READ) readTemplates.set(template, parts);
  return parts;
}

function checkParts(parts: Parts, where: string): void {
  for (const part of parts) checkPart(part, where);
}

function checkPart(part: Part, where: string): void {
  switch (part.kind) {
    case 'reference':
      checkReference(part.reference, where);
      return;
    case 'set':
      checkReference(part.target, where);
      checkExpression(part.value, where);
      return;
    case 'if':
      for (const { condition, body } of part.branches) {
        if (condition !== undefined) checkExpression(condition, where);
        checkParts(body, where);
      }
      return;
    case 'foreach':
      checkExpression(part.list, where);
      checkParts(part.body, where);
      return;
    default:
  }
}

function checkExpression(expression: Expression, where: string): void {
  switch (expression.kind) {
    case 'interpolated':
      checkParts(expression.parts, where);
      return;
    case 'value':
      checkReference(expression.reference, where);
      return;
    case 'list':
      for (const item of expression.items) checkExpression(item, where);
      return;
    case 'map':
      for (const entry of expression.entries) for (const each of entry) checkExpression(each, where);
      return;
    case 'range':
      checkExpression(expression.from, where);
      checkExpression(expression.to, where);
      return;
    case 'not':
      checkExpression(expression.of, where);
      return;
    case 'binary':
      checkExpression(expression.left, where);
      checkExpression(expression.right, where);
      return;
    default:
  }
}

const INPUT_METHODS = ['json', 'path', 'params'];
const UTIL_METHODS = Object.keys(utilMethods(LIKELY_ANSWERS));

function checkReference({ name, steps }: Reference, where: string): void {
  for (const [i, step] of steps.entries()) {
    if (step.kind === 'index') checkExpression(step.index, where);
    if (step.kind !== 'method') continue;
    const own =
      i === 0 && name === 'input' ? INPUT_METHODS : i === 0 && name === 'util' ? UTIL_METHODS : undefined;
    if (own !== undefined ? !own.includes(step.name) : !isJavaMethod(step.name)) {
      const known = own === undefined ? 'a method of Java’s texts, numbers, lists or maps' : own.join(', ');
      throw new Error(
        `${where}: found $${name}…${step.name}(), expected ${known}: nothing else runs locally`,
      );
    }
    for (const parameter of step.parameters) checkExpression(parameter, where);
    const [first] = step.parameters;
    if (name === 'input' && i === 0 && step.name !== 'params') checkPath(first, where);
    if (own === undefined && REGEX_METHODS.includes(step.name) && first?.kind === 'literal') {
      checkRegex(String(first.value), where);
    }
  }
}

/** A path that is made at the request is looked at then. */
function checkPath(path: Expression | undefined, where: string): void {
  if (path === undefined)
    throw new Error(`${where}: found no path, expected one in $input.json() or $input.path()`);
  if (path.kind === 'literal') readHere(() => parseJsonPath(String(path.value)), where);
}

function checkRegex(pattern: string, where: string): void {
  readHere(() => javaRegex(pattern), where);
}

function readHere(read: () => unknown, where: string): void {
  try {
    read();
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

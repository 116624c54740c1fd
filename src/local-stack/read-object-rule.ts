// AWS::Events::Rule with a pattern: of objects that are created in a bucket of the stack, and of nothing else.
import { asArray, asObject, asText, ifPresent } from './property.ts';
import type { FunctionSpec } from './read-function.ts';
import { ruleTargets } from './read-schedule.ts';
import type { ResourceToRead } from './resource-to-read.ts';

export interface ObjectRuleSpec {
  readonly logicalId: string;
  readonly bucket: string;
  /** Keys begin with one of them; undefined: with anything. */
  readonly prefixes: readonly string[] | undefined;
  readonly fn: FunctionSpec;
  /** JSON: what the function is given; undefined: the event itself. */
  readonly input: string | undefined;
}

/** One entry a target; none of a rule that has a schedule, or is disabled. */
export function readObjectRule(
  rule: ResourceToRead,
  functions: readonly FunctionSpec[],
): readonly ObjectRuleSpec[] {
  const { logicalId, property } = rule;
  const pattern = property('EventPattern');
  if (pattern === undefined || property('State') === 'DISABLED') return [];
  const where = `${logicalId}.EventPattern`;
  const { bucket, prefixes } = readPattern(pattern, where);
  return ruleTargets(rule, functions).map(({ fn, input }) => ({ logicalId, bucket, prefixes, fn, input }));
}

function readPattern(pattern: unknown, where: string): Pick<ObjectRuleSpec, 'bucket' | 'prefixes'> {
  const { source, 'detail-type': type, detail, ...others } = asObject(pattern, where);
  if (!isOne(source, 'aws.s3') || !isOne(type, 'Object Created') || Object.keys(others).length > 0)
    throw unknownPattern(pattern, where);
  const { bucket, object, ...more } = asObject(detail, `${where}.detail`);
  const { name, ...ofBucket } = asObject(bucket, `${where}.detail.bucket`);
  const names = asArray(name, `${where}.detail.bucket.name`);
  const { key, ...ofObject } = object === undefined ? {} : asObject(object, `${where}.detail.object`);
  const isKnown = [more, ofBucket, ofObject].every((each) => Object.keys(each).length === 0);
  if (!isKnown || names.length !== 1) throw unknownPattern(pattern, where);
  const prefixes = ifPresent(key, asArray, `${where}.detail.object.key`)?.map((each) => {
    const { prefix, ...rest } = asObject(each, `${where}.detail.object.key`);
    if (Object.keys(rest).length > 0) throw unknownPattern(pattern, where);
    return asText(prefix, `${where}.detail.object.key.prefix`);
  });
  return { bucket: asText(names[0], `${where}.detail.bucket.name`), prefixes };
}

function isOne(list: unknown, expected: string): boolean {
  return Array.isArray(list) && list.length === 1 && list[0] === expected;
}

function unknownPattern(pattern: unknown, where: string): Error {
  return new Error(
    `template, ${where}: found one of ${JSON.stringify(pattern)}, expected objects created in a bucket, by prefixes of their keys at most: no other events are told of locally`,
  );
}

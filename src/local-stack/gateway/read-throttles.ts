// Limits of request rates: a stage's by method, and usage plans with the keys that share them.
import { asArray, asBoolean, asNumber, asObject, asText, ifPresent } from '../property.ts';
import type { OfType, ResourceToRead } from '../resource-to-read.ts';
import type { Stage, Throttle, UsagePlan } from './rest-api.ts';

export function readThrottles(settings: unknown, where: string): Stage['throttles'] {
  return (ifPresent(settings, asArray, where) ?? [])
    .map((each) => {
      const setting = asObject(each, where);
      return {
        // The template writes paths as JSON pointers: `/~1events` is `/events`.
        path: String(setting['ResourcePath']).replaceAll('~1', '/').replace(/^\/\//, '/'),
        httpMethod: String(setting['HttpMethod']),
        rate: ifPresent(setting['ThrottlingRateLimit'], asNumber, where),
        burst: ifPresent(setting['ThrottlingBurstLimit'], asNumber, where),
      };
    })
    .sort((a, b) => Number(a.path === '/*') - Number(b.path === '/*'));
}

export function readUsagePlans(ofType: OfType, apiId: string): UsagePlan[] {
  const keys = new Map(ofType('AWS::ApiGateway::ApiKey').flatMap(readKey));
  return ofType('AWS::ApiGateway::UsagePlan')
    .filter(({ property, logicalId }) =>
      (ifPresent(property('ApiStages'), asArray, `${logicalId}.ApiStages`) ?? []).some(
        (stage) => asObject(stage, `${logicalId}.ApiStages`)['ApiId'] === apiId,
      ),
    )
    .map(({ name, property, logicalId }) => ({
      name,
      ...throttleOf(property('Throttle'), `${logicalId}.Throttle`),
      keyValues: ofType('AWS::ApiGateway::UsagePlanKey')
        .filter((each) => each.property('UsagePlanId') === name)
        .flatMap((each) => keys.get(asText(each.property('KeyId'), `${each.logicalId}.KeyId`)) ?? []),
    }));
}

const MIN_KEY_LENGTH = 20;
const MAX_KEY_LENGTH = 128;

/** A key that is not enabled is no key. */
function readKey({ name, property, logicalId }: ResourceToRead): (readonly [string, string])[] {
  const where = `${logicalId}.Value`;
  // A key without a value gets one on AWS, which cannot be known here.
  const value = asText(property('Value'), where);
  if (value.length < MIN_KEY_LENGTH || value.length > MAX_KEY_LENGTH) {
    throw new Error(
      `template, ${where}: found ${value.length} characters, expected ${MIN_KEY_LENGTH} to ${MAX_KEY_LENGTH}`,
    );
  }
  const enabled = ifPresent(property('Enabled'), asBoolean, `${logicalId}.Enabled`) ?? true;
  return enabled ? [[name, value]] : [];
}

function throttleOf(value: unknown, where: string): Throttle {
  const throttle = ifPresent(value, asObject, where);
  return {
    rate: ifPresent(throttle?.['RateLimit'], asNumber, where),
    burst: ifPresent(throttle?.['BurstLimit'], asNumber, where),
  };
}

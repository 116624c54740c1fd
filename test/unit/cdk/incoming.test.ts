import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../../src/local-stack/cloudformation-template.ts';
import { readTemplate } from '../../../src/local-stack/template.ts';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

const plain = synthesizedStack();
const template = synthesizedStack({ incoming: true });

describe('the bucket for files', () => {
  it('is not there unless it is switched on, nor is anything of it', () => {
    const resources = (from: typeof plain) => Object.keys(from.toJSON()['Resources']);
    const without = new Set(resources(plain));
    const added = resources(template).filter((id) => !without.has(id));
    expect(added.filter((id) => !id.startsWith('Incoming'))).toEqual([]);
    expect(added.length).toBeGreaterThan(8);
    expect(JSON.stringify(plain.toJSON())).not.toContain('TIDEMILL_INCOMING');
    expect(Object.keys(template.toJSON()['Outputs'])).toContain('IncomingBucketName');
  });

  it('tells the function of what is dropped, here as there', () => {
    const codeFolders = { get: () => '/' } as unknown as ReadonlyMap<string, string>; // whatever the key
    const system = readTemplate(
      { stackName: 'Tidemill', template: parseTemplate(template.toJSON()), codeFolders },
      'us-east-1',
      () => false,
    );
    const bucket = system.buckets.find(({ logicalId }) => logicalId.startsWith('IncomingBucket'));
    const environment = { TIDEMILL_INCOMING_BUCKET: bucket?.name, POWERTOOLS_SERVICE_NAME: 'incoming' };
    expect(system.objectRules).toMatchObject([
      { bucket: bucket?.name, prefixes: ['incoming/'], fn: { environment, timeoutMs: 900_000 } },
    ]);
    expect(system.notRun.filter(({ logicalId }) => logicalId.startsWith('Incoming'))).toEqual([]);
  });

  it('has an event told again that failed, and an alarm for what is refused', () => {
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'refusedFiles' });
  });
});

import { describe, expect, it } from 'vitest';
import type { Settings } from '../../../cdk/settings/settings.ts';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

const outletOf = (outlet: Settings['outlet']) => synthesizedStack(outlet === undefined ? {} : { outlet });
const environments = (template: ReturnType<typeof outletOf>) =>
  Object.values(template.findResources('AWS::Lambda::Function')).map(
    ({ Properties }): Readonly<Record<string, unknown>> => Properties.Environment?.Variables ?? {},
  );
const tells = (template: ReturnType<typeof outletOf>) =>
  environments(template)
    .filter((variables) => 'TIDEMILL_OUTLET_TELLS' in variables)
    .map((variables) => [variables['POWERTOOLS_SERVICE_NAME'], variables['TIDEMILL_OUTLET_TELLS']]);

describe('the outlet', () => {
  it('is nothing unless it is asked for', () => {
    const template = outletOf(undefined);
    expect(tells(template)).toEqual([]);
    expect(environments(template).map((one) => one['POWERTOOLS_SERVICE_NAME'])).not.toContain('outlet');
    template.resourceCountIs('AWS::Kinesis::Stream', 1);
  });

  it('sends to a stream of its own what is noted in a table of its own', () => {
    const template = outletOf({ to: 'kinesis', tells: ['final', 'late'], shards: 2 });
    expect(tells(template)).toEqual([
      ['rollup', 'final,late'],
      ['live', 'final,late'],
    ]);
    template.hasResourceProperties('AWS::Kinesis::Stream', { ShardCount: 2 });
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] },
    });
    template.hasOutput('OutletStreamName', {});
  });

  it('sends to the event bus and needs no stream', () => {
    const template = outletOf({ to: 'eventbridge', tells: ['alerts'] });
    template.resourceCountIs('AWS::Kinesis::Stream', 1);
    const [variables] = environments(template).filter((one) => one['POWERTOOLS_SERVICE_NAME'] === 'outlet');
    expect(variables).toMatchObject({ TIDEMILL_OUTLET_TO: 'eventbridge', TIDEMILL_OUTLET_BUS: 'default' });
  });
});

import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { QUERY_PATHS } from '../../../src/platform/names.ts';
import { OPERATIONS } from '../../../src/wire/api/operations.ts';
import { readingStack } from '../../support/reading-stack.ts';
import { templateOf } from '../../support/template-of.ts';

const template = templateOf(readingStack());

describe('the readers’ APIs', () => {
  it('have the paths of the operations, each for readers alone', () => {
    expect([...QUERY_PATHS]).toEqual(Object.values(OPERATIONS).map(({ path }) => path));
    template.resourcePropertiesCountIs(
      'AWS::ApiGateway::Method',
      { HttpMethod: 'GET', AuthorizationType: 'CUSTOM', AuthorizerId: Match.anyValue() },
      QUERY_PATHS.length,
    );
    template.resourcePropertiesCountIs('AWS::ApiGateway::Method', { AuthorizationType: 'NONE' }, 0);
    template.resourcePropertiesCountIs('AWS::ApiGatewayV2::Route', { AuthorizationType: 'CUSTOM' }, 1);
    template.hasResourceProperties('AWS::ApiGatewayV2::Route', {
      RouteKey: '$connect',
      AuthorizationType: 'CUSTOM',
    });
  });

  it('log no header and no query string', () => {
    const stages = template.findResources('AWS::ApiGatewayV2::Stage');
    for (const stage of Object.values(stages)) {
      const { Format } = stage['Properties'].AccessLogSettings;
      expect(Format).toContain('$context.status');
      expect(Format).not.toMatch(/header|query|authorizer/i);
    }
    expect(Object.keys(stages)).toHaveLength(1);
  });

  it('let functions manage connections of their own API alone, and only post to them and end them', () => {
    const policies = Object.entries(template.findResources('AWS::IAM::Policy'));
    const managing = policies.flatMap(([id, policy]) =>
      policy['Properties'].PolicyDocument.Statement.filter(({ Action }: { readonly Action: unknown }) =>
        JSON.stringify(Action).includes('ManageConnections'),
      ).map((statement: { readonly Resource: unknown }) => [
        id.slice(0, 8),
        JSON.stringify(statement.Resource),
      ]),
    );
    const may = managing.map(([id, resource = '']) => [
      id,
      /\/live\/(\w+)\/@connections\/\*/.exec(resource)?.[1],
    ]);
    expect(may).toEqual([
      ['LiveSubs', 'DELETE'],
      ['LiveSubs', 'POST'],
      ['LiveCons', 'DELETE'],
      ['LiveCons', 'POST'],
      ['LiveHang', 'DELETE'],
    ]);
    expect(JSON.stringify(managing)).not.toContain('"*"');
  });

  it('read each changelog once, and put what is given up where it can be redriven', () => {
    template.resourcePropertiesCountIs(
      'AWS::Lambda::EventSourceMapping',
      { BatchSize: 200, ParallelizationFactor: 1, FunctionResponseTypes: ['ReportBatchItemFailures'] },
      3,
    );
  });
});

import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

const plain = synthesizedStack();
const template = synthesizedStack({ load: true });

describe('the load', () => {
  it('is not there unless it is switched on, nor is anything of it', () => {
    const resources = (from: typeof plain) => Object.keys(from.toJSON()['Resources']);
    const without = new Set(resources(plain));
    const added = resources(template).filter((id) => !without.has(id));
    expect(added.filter((id) => !id.startsWith('Load'))).toEqual([]);
    expect(added.length).toBeGreaterThan(8);
    plain.resourceCountIs('AWS::ECS::TaskDefinition', 0);
    for (const output of ['LoadClusterName', 'LoadTaskDefinitionArn', 'LoadSubnetIds'])
      expect(Object.keys(template.toJSON()['Outputs'])).toContain(output);
  });

  it('is a task that may put records into the stream, and nothing else', () => {
    const policies = Object.entries(template.findResources('AWS::IAM::Policy'));
    const [, own] = policies.find(([id]) => id.startsWith('LoadDefinitionTaskRole')) ?? [];
    const [stream] = Object.keys(template.findResources('AWS::Kinesis::Stream'));
    expect(own?.['Properties'].PolicyDocument.Statement).toEqual([
      { Action: 'kinesis:PutRecords', Effect: 'Allow', Resource: { 'Fn::GetAtt': [stream, 'Arn'] } },
    ]);
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: '1024',
      Memory: '2048',
      ContainerDefinitions: [
        Match.objectLike({
          Name: 'load',
          ReadonlyRootFilesystem: true,
          Environment: Match.arrayWith([{ Name: 'TIDEMILL_LOAD_STREAM', Value: { Ref: stream } }]),
        }),
      ],
    });
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
  });
});

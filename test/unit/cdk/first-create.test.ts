// What a first creation may meet in an account: a failure half way, and what the account has already.
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../cdk/settings/read-settings.ts';
import { synthesizedStack, unsynthesizedStack } from '../../support/synthesized-stack.ts';
import { templateOf } from '../../support/template-of.ts';

const PRODUCTION = readSettings({}, 'production');

describe('a first creation', () => {
  it('makes nothing that CloudFormation could not take back, and the next deployment protects it', () => {
    const stack = unsynthesizedStack({ ...PRODUCTION, firstCreate: true });
    const template = templateOf(stack);
    expect(stack.terminationProtection).not.toBe(true);
    template.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: false });
    for (const type of ['AWS::Kinesis::Stream', 'AWS::SecretsManager::Secret'])
      template.allResources(type, { DeletionPolicy: 'RetainExceptOnCreate' });
    const next = unsynthesizedStack(PRODUCTION);
    expect(next.terminationProtection).toBe(true);
    const policies = Object.values(templateOf(next).findResources('AWS::DynamoDB::Table'));
    const kept = policies.filter(({ DeletionPolicy }) => DeletionPolicy === 'RetainExceptOnCreate');
    expect(kept.length).toBeGreaterThan(5);
    for (const { Properties } of kept) expect(Properties.DeletionProtectionEnabled).toBe(true);
  });
});

describe('the role that the account’s APIs write logs by', () => {
  it('is left as it is', () => {
    synthesizedStack().resourceCountIs('AWS::ApiGateway::Account', 0);
  });

  it('is set where that is asked for, before the stages that need it, and stays when the stack goes', () => {
    const template = synthesizedStack({ apiLogRole: true });
    template.allResources('AWS::ApiGateway::Account', { DeletionPolicy: 'Retain' });
    const [[id = ''] = []] = Object.entries(template.findResources('AWS::ApiGateway::Account'));
    const [role] = Object.entries(template.findResources('AWS::IAM::Role')).filter(([name]) =>
      name.startsWith('DoorApiCloudWatchRole'),
    );
    expect(role?.[1]['DeletionPolicy']).toBe('Retain');
    for (const type of ['AWS::ApiGateway::Stage', 'AWS::ApiGatewayV2::Stage'])
      for (const stage of Object.values(template.findResources(type)))
        expect(stage['DependsOn'], type).toContain(id);
  });
});

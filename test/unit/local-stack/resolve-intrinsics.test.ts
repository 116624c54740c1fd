import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../../src/local-stack/cloudformation-template.ts';
import { createResolver } from '../../../src/local-stack/resolve-intrinsics.ts';

const template = parseTemplate({
  Parameters: { Stage: { Default: 'test' }, Secret: {} },
  Resources: {
    Table: { Type: 'AWS::DynamoDB::Table' },
    NamedTable: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'orders' } },
    Stream: { Type: 'AWS::Kinesis::Stream' },
    Bucket: { Type: 'AWS::S3::Bucket' },
    Layer: { Type: 'AWS::Lambda::LayerVersion' },
  },
});
const account = { stackName: 'S', region: 'eu-west-1', accountId: '000000000000' };
const resolve = createResolver(template, account);
const placeholder = (name: string) => `\${${name}}`;

describe('intrinsic functions', () => {
  it.each([
    [{ Ref: 'Table' }, 'S-Table'],
    [{ Ref: 'NamedTable' }, 'orders'],
    [{ Ref: 'Bucket' }, 's-bucket'],
    [{ Ref: 'Stage' }, 'test'],
    [{ Ref: 'AWS::Region' }, 'eu-west-1'],
    [{ Ref: 'AWS::AccountId' }, '000000000000'],
    [{ 'Fn::GetAtt': ['Stream', 'Arn'] }, 'arn:aws:kinesis:eu-west-1:000000000000:stream/S-Stream'],
    [{ 'Fn::GetAtt': 'NamedTable.Arn' }, 'arn:aws:dynamodb:eu-west-1:000000000000:table/orders'],
    [{ 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, '/*']] }, 'arn:aws:s3:::s-bucket/*'],
    [
      { 'Fn::Sub': `a-${placeholder('AWS::Region')}-${placeholder('Table')}-${placeholder('Table.Arn')}` },
      'a-eu-west-1-S-Table-arn:aws:dynamodb:eu-west-1:000000000000:table/S-Table',
    ],
    [
      { 'Fn::Sub': [`${placeholder('Own')} ${placeholder('!Literal')}`, { Own: { Ref: 'Stream' } }] },
      `S-Stream ${placeholder('Literal')}`,
    ],
    [{ 'Fn::Select': ['1', { 'Fn::Split': ['/', { 'Fn::GetAtt': ['Stream', 'Arn'] }] }] }, 'S-Stream'],
    [{ a: [1, true, { Ref: 'Table' }], b: { Ref: 'AWS::NoValue' } }, { a: [1, true, 'S-Table'] }],
    [[{ Ref: 'AWS::NoValue' }, 'x'], ['x']],
    [undefined, undefined],
  ])('%j', (value, expected) => {
    expect(resolve(value, 'here')).toEqual(expected);
  });

  it.each([
    [{ Ref: 'Nowhere' }, 'template, Fn.Code: Ref Nowhere cannot be resolved: there is no resource Nowhere'],
    [{ Ref: 'Secret' }, 'template, Fn.Code: Ref Secret cannot be resolved: the parameter has no default'],
    [
      { Ref: 'Layer' },
      'template, Fn.Code: Ref Layer cannot be resolved: Layer is a AWS::Lambda::LayerVersion, which has no local counterpart',
    ],
    [
      { 'Fn::GetAtt': ['Table', 'Size'] },
      'Fn::GetAtt Table.Size cannot be resolved: Table has no such attribute locally',
    ],
    [{ 'Fn::ImportValue': 'x' }, 'Fn::ImportValue cannot be resolved: this function is not known locally'],
    [{ 'Fn::Join': 'x' }, 'found "x", expected a list'],
  ])('%j is an error that names the place', (value, message) => {
    expect(() => resolve(value, 'Fn.Code')).toThrow(message);
  });

  it('names the place within a structure', () => {
    expect(() => resolve({ a: { b: { Ref: 'Nowhere' } } }, 'Fn')).toThrow('template, Fn.a.b: Ref Nowhere');
  });
});

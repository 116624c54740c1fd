// Names and ARNs of the template's resources on a laptop: what CloudFormation would have made up.
import { createHash } from 'node:crypto';
import type { TemplateResource } from './cloudformation-template.ts';

/** The account id that local Kinesis and DynamoDB put into their ARNs. */
export const LOCAL_ACCOUNT_ID = '000000000000';

export interface LocalAccount {
  readonly stackName: string;
  readonly region: string;
  readonly accountId: string;
}

export interface LocalName {
  /** What `Ref` gives. */
  readonly ref: string;
  /** What `Fn::GetAtt` gives, by attribute. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Undefined: a type without local names. A name given in the template is kept. */
export function localName(
  logicalId: string,
  { type, properties }: TemplateResource,
  account: LocalAccount,
): LocalName | undefined {
  const generated = `${account.stackName}-${logicalId}`;
  const named = (property: string) => {
    const name = properties[property];
    return typeof name === 'string' ? name : generated;
  };
  const arn = (service: string, resource: string) =>
    `arn:aws:${service}:${account.region}:${account.accountId}:${resource}`;
  switch (type) {
    case 'AWS::Kinesis::Stream': {
      const name = named('Name');
      return { ref: name, attributes: { Arn: arn('kinesis', `stream/${name}`) } };
    }
    case 'AWS::DynamoDB::GlobalTable':
    case 'AWS::DynamoDB::Table': {
      const name = named('TableName');
      const tableArn = arn('dynamodb', `table/${name}`);
      // The stream's true ARN has the moment of its creation in it: provisioning tells.
      return { ref: name, attributes: { Arn: tableArn, StreamArn: `${tableArn}/stream/local` } };
    }
    case 'AWS::Lambda::Function': {
      const name = named('FunctionName');
      return { ref: name, attributes: { Arn: arn('lambda', `function:${name}`) } };
    }
    case 'AWS::Lambda::EventSourceMapping': {
      const uuid = uuidOf(generated);
      return { ref: uuid, attributes: { Id: uuid } };
    }
    case 'AWS::S3::Bucket': {
      const name = named('BucketName').toLowerCase();
      const host = `${name}.s3.${account.region}.amazonaws.com`;
      return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}`, RegionalDomainName: host } };
    }
    case 'AWS::SQS::Queue': {
      const name = named('QueueName');
      const url = `https://sqs.${account.region}.amazonaws.com/${account.accountId}/${name}`;
      return { ref: url, attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: url } };
    }
    case 'AWS::SNS::Topic': {
      const name = named('TopicName');
      return { ref: arn('sns', name), attributes: { TopicArn: arn('sns', name), TopicName: name } };
    }
    case 'AWS::Events::Rule': {
      const name = named('Name');
      return { ref: name, attributes: { Arn: arn('events', `rule/${name}`) } };
    }
    case 'AWS::IoT::TopicRule': {
      const name = named('RuleName');
      return { ref: name, attributes: { Arn: arn('iot', `rule/${name}`) } };
    }
    case 'AWS::IoT::Policy': {
      const name = named('PolicyName');
      return { ref: name, attributes: { Arn: arn('iot', `policy/${name}`), Id: name } };
    }
    case 'AWS::Logs::LogGroup': {
      const name = named('LogGroupName');
      return { ref: name, attributes: { Arn: `${arn('logs', `log-group:${name}`)}:*` } };
    }
    case 'AWS::IAM::Role': {
      const name = named('RoleName');
      return { ref: name, attributes: { Arn: `arn:aws:iam::${account.accountId}:role/${name}` } };
    }
    case 'AWS::SecretsManager::Secret': {
      const secretArn = arn('secretsmanager', `secret:${named('Name')}`);
      return { ref: secretArn, attributes: { Id: secretArn } };
    }
    case 'AWS::CloudFront::Distribution': {
      const id = apiIdOf(generated);
      return {
        ref: id,
        attributes: {
          Arn: `arn:aws:cloudfront::${account.accountId}:distribution/${id}`,
          DomainName: `${id}.cloudfront.net`,
        },
      };
    }
    case 'AWS::CloudFront::OriginAccessControl':
    case 'AWS::CloudFront::ResponseHeadersPolicy': {
      const id = uuidOf(generated);
      return { ref: id, attributes: { Id: id } };
    }
    default:
      return type.startsWith('AWS::ApiGateway') ? apiName(type, { generated, named, account }) : undefined;
  }
}

function apiName(
  type: string,
  at: {
    readonly generated: string;
    readonly named: (property: string) => string;
    readonly account: LocalAccount;
  },
): LocalName | undefined {
  const { generated, named, account } = at;
  switch (type) {
    case 'AWS::ApiGateway::RestApi': {
      const id = apiIdOf(generated);
      return { ref: id, attributes: { RestApiId: id, RootResourceId: `${id}root` } };
    }
    case 'AWS::ApiGatewayV2::Api': {
      const id = apiIdOf(generated);
      return {
        ref: id,
        attributes: { ApiId: id, ApiEndpoint: `wss://${id}.execute-api.${account.region}.amazonaws.com` },
      };
    }
    case 'AWS::ApiGateway::Stage':
    case 'AWS::ApiGatewayV2::Stage':
      return { ref: named('StageName'), attributes: {} };
    default: {
      if (!/^AWS::ApiGateway(V2)?::/.test(type)) return undefined;
      // Resources, methods, models, authorizers and so on name each other by ids, whatever the attribute is called.
      const id = apiIdOf(generated);
      const attribute = `${type.split('::').at(-1)}Id`;
      return { ref: id, attributes: { [attribute]: id } };
    }
  }
}

/** Like those that API Gateway makes. */
function apiIdOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}

/** The same on every start, so that checkpoints of a kept data folder find their mapping again. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

// The authorizer of the APIs: one function, and an authorizer for each way that it is asked.
import { Duration, Stack } from 'aws-cdk-lib';
import { IdentitySource, RequestAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { SOURCE_HEADER } from '../../src/platform/door.ts';
import { VARIABLE } from '../../src/platform/names.ts';
import { ConsumerFunction } from './consumer-function.ts';
import type { TokenKeys } from './token-keys.ts';
import type { TokensTable } from './tokens-table.ts';

export interface AuthorizeOptions {
  readonly codeFolder: string;
  readonly tokens: TokensTable;
  readonly keys: TokenKeys;
  /** The usage plan's key by the token's use. */
  readonly planKeys: Readonly<Record<string, string>>;
  /** How long API Gateway keeps an answer. */
  readonly cacheSeconds: number;
}

export class Authorize extends Construct {
  readonly consumer: ConsumerFunction;
  readonly #cacheSeconds: number;
  #readers: RequestAuthorizer | undefined;

  constructor(scope: Construct, id: string, options: AuthorizeOptions) {
    super(scope, id);
    const { codeFolder, tokens, keys, planKeys } = options;
    this.#cacheSeconds = options.cacheSeconds;
    this.consumer = new ConsumerFunction(this, 'Consumer', {
      name: 'authorize',
      codeFolder,
      memoryMb: 512,
      // A user waits for each answer.
      timeout: Duration.seconds(8),
      environment: {
        [VARIABLE.table('tokens')]: tokens.table.tableName,
        [VARIABLE.secret('verifyingKeys')]: keys.verifying.secretArn,
        [VARIABLE.setting('planKeys')]: this.#json(planKeys),
      },
      // A refused token ends as an error: `Unauthorized` is how API Gateway is told to answer 401.
      errorsAreAnswers: true,
      alarms: [
        {
          entry: 'failing',
          metric: 'failures',
          description: 'requests are refused because keys or revocations cannot be read',
        },
      ],
    });
    this.consumer.allow(['dynamodb:BatchGetItem'], tokens.table.tableArn);
    this.consumer.allow(['secretsmanager:GetSecretValue'], keys.verifying.secretArn);
  }

  /** Authorizer for devices: requests differ in their token alone, so answers are cached by it. */
  devices(scope: Construct): RequestAuthorizer {
    return this.#authorizer(scope, 'Devices', [IdentitySource.header('Authorization')]);
  }

  /** Authorizer for relays: answers are cached by token and source together, or one source's answer would serve another. */
  relays(scope: Construct): RequestAuthorizer {
    return this.#authorizer(scope, 'Relays', [
      IdentitySource.header('Authorization'),
      IdentitySource.header(SOURCE_HEADER),
    ]);
  }

  /** Authorizer for readers, for `GET` methods of the REST API; created when first asked for. */
  readers(): RequestAuthorizer {
    this.#readers ??= this.#authorizer(this, 'Readers', [IdentitySource.header('Authorization')]);
    return this.#readers;
  }

  /** Authorizer for operators, for `POST` methods that change what is stored. */
  operators(scope: Construct): RequestAuthorizer {
    return this.#authorizer(scope, 'Operators', [IdentitySource.header('Authorization')]);
  }

  #authorizer(scope: Construct, id: string, identitySources: string[]): RequestAuthorizer {
    return new RequestAuthorizer(scope, id, {
      handler: this.consumer.fn,
      identitySources,
      resultsCacheTtl: Duration.seconds(this.#cacheSeconds),
    });
  }

  /** With the stack's own id in it, JSON must be made by CloudFormation. */
  #json(value: object): string {
    return Stack.of(this).toJsonString(value);
  }
}

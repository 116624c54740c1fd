// Requests as the AWS SDK would send them, and the permissions that AWS asks for each: the SDK's own clients are handed a handler
// that sends nothing, notes what goes out, and answers as for a table, stream or bucket that is empty.
import { Readable } from 'node:stream';

/** An action of IAM, and what it is done to: the name in the request, with what follows it in the resource's ARN. */
export interface NeededPermission {
  readonly action: string;
  readonly name: string;
  /** `/index/latest`, `/records/1.zst`; empty: the thing itself. */
  readonly below: string;
}

interface Outgoing {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

type Body = Readonly<Record<string, unknown>>;

/** A `requestHandler` for the SDK's clients. `answers` stand before those for what is empty, by operation. */
export function notingHandler(
  note: (needed: NeededPermission) => void,
  answers: Readonly<Record<string, (body: Body) => object>> = {},
) {
  return {
    // as the SDK's protocols make it
    async handle(request: object) {
      const sent = request as Outgoing;
      const target = sent.headers['x-amz-target'] ?? sent.headers['X-Amz-Target'];
      if (target === undefined) {
        for (const each of restPermissions(sent)) note(each);
        return answered({ etag: '"1"' }, '');
      }
      const body = bodyOf(sent.body);
      const [service = '', operation = ''] = target.split('.');
      for (const each of permissionsOf(service, operation, body)) note(each);
      const answer = (answers[operation] ?? EMPTY_ANSWERS[operation] ?? (() => ({})))(body);
      return answered({ 'content-type': 'application/x-amz-json-1.1' }, JSON.stringify(answer));
    },
  };
}

function answered(headers: Readonly<Record<string, string>>, text: string) {
  return { response: { statusCode: 200, headers, body: Readable.from([Buffer.from(text)]) } };
}

function bodyOf(body: unknown): Body {
  const text = body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : String(body);
  return JSON.parse(text);
}

const listed = (value: unknown): readonly Body[] => (Array.isArray(value) ? value : []);
const perEach = (name: string) => (body: Body) => ({ [name]: listed(body[name]).map(() => ({})) });

const EMPTY_ANSWERS: Readonly<Record<string, (body: Body) => object>> = {
  BatchExecuteStatement: ({ Statements }) => ({ Responses: listed(Statements).map(() => ({})) }),
  Query: () => ({ Items: [] }),
  Scan: () => ({ Items: [] }),
  PutEvents: perEach('Entries'),
  PutRecords: perEach('Records'),
  ListShards: () => ({ Shards: [] }),
  GetSecretValue: () => ({ SecretString: '{}', VersionId: 'v' }),
};

const WRITES_OF_A_TRANSACTION: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};

/**
 * By the service's authorization reference. Statements of PartiQL and the writes of a transaction are allowed one by one.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 */
function permissionsOf(service: string, operation: string, body: Body): NeededPermission[] {
  const one = (action: string, name: unknown, below = ''): NeededPermission[] => [
    { action, name: String(name), below },
  ];
  // An iterator is of a stream: answers give its name for one.
  if (service.startsWith('Kinesis_'))
    return one(`kinesis:${operation}`, body['StreamName'] ?? body['ShardIterator']);
  if (service === 'AWSEvents')
    return listed(body['Entries']).flatMap((entry) => one(`events:${operation}`, entry['EventBusName']));
  if (service === 'secretsmanager') return one(`secretsmanager:${operation}`, body['SecretId']);
  switch (operation) {
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return Object.keys(Object(body['RequestItems'])).flatMap((name) => one(`dynamodb:${operation}`, name));
    case 'BatchExecuteStatement':
      return listed(body['Statements']).flatMap(({ Statement }) => statementPermission(String(Statement)));
    case 'TransactWriteItems':
      return listed(body['TransactItems']).flatMap((item) =>
        Object.entries(item).flatMap(([kind, write]) =>
          one(`dynamodb:${WRITES_OF_A_TRANSACTION[kind] ?? kind}`, Object(write).TableName),
        ),
      );
    default: {
      const index = body['IndexName'];
      const below = index === undefined ? '' : `/index/${String(index)}`;
      return one(`dynamodb:${operation}`, body['TableName'], below);
    }
  }
}

function statementPermission(statement: string): NeededPermission[] {
  const [, verb = '', name = ''] =
    /^(INSERT INTO|UPDATE|DELETE FROM|SELECT .* FROM) "([^"]+)"/.exec(statement) ?? [];
  const kinds: Readonly<Record<string, string>> = {
    'INSERT INTO': 'PartiQLInsert',
    UPDATE: 'PartiQLUpdate',
    'DELETE FROM': 'PartiQLDelete',
  };
  return [{ action: `dynamodb:${kinds[verb] ?? 'PartiQLSelect'}`, name, below: '' }];
}

/** S3 with the bucket in the path, and API Gateway's management API. */
function restPermissions({ method, path, query = {} }: Outgoing): NeededPermission[] {
  const connection = /^(.*)\/@connections\/[^/]+$/.exec(path);
  if (connection !== null)
    return [
      {
        action: 'execute-api:ManageConnections',
        name: connection[1] ?? '',
        below: `/${method}/@connections/c`,
      },
    ];
  const [, bucket = '', key = ''] = /^\/([^/]+)\/?(.*)$/.exec(path) ?? [];
  if (method === 'GET' && (query['list-type'] !== undefined || key === ''))
    return [{ action: 's3:ListBucket', name: bucket, below: '' }];
  const actions: Readonly<Record<string, string>> = {
    GET: 's3:GetObject',
    PUT: 's3:PutObject',
    DELETE: 's3:DeleteObject',
  };
  return [{ action: actions[method] ?? method, name: bucket, below: `/${key}` }];
}

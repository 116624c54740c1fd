// A small stand-in for Secrets Manager: the template's secrets, read and written by the calls that are used here.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { listenHere } from './listen-here.ts';
import { asArray, isObject } from './property.ts';
import type { SecretSpec } from './read-secret.ts';

export interface SecretsServer {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export interface SecretsServerOptions {
  /** Keeps them here between runs, for the owner's eyes alone; default: in memory, gone with the server. */
  readonly file?: string | undefined;
  /** What clients must give as access key id; default: any. */
  readonly accessKey?: string;
}

interface Version {
  readonly id: string;
  readonly text: string;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

export async function startSecretsServer(
  specs: readonly SecretSpec[],
  { file, accessKey }: SecretsServerOptions = {},
): Promise<SecretsServer> {
  const versions = await readKept(file);
  for (const { arn, initial } of specs) {
    if (!versions.has(arn)) versions.set(arn, { id: crypto.randomUUID(), text: initial });
  }
  const secrets = new KeptSecrets(versions, file);
  const server = createServer((request, response) => {
    bodyOf(request)
      .then((body) => secrets.answer(String(request.headers['x-amz-target']), body))
      .catch((error: unknown) => ({
        status: 500,
        body: {
          __type: 'InternalServiceError',
          Message: error instanceof Error ? error.message : String(error),
        },
      }))
      .then(({ status, body }) => {
        response
          .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
          .end(JSON.stringify(body));
      });
  });
  const { endpoint, stop } = await listenHere(server, 'the secrets server', accessKey);
  return {
    endpoint,
    async stop() {
      await stop();
      await secrets.written;
    },
  };
}

class KeptSecrets {
  /** The current version of each, by ARN. */
  readonly #versions: Map<string, Version>;
  readonly #file: string | undefined;
  /** Versions without the label, the latest of each secret. */
  readonly #drafts = new Map<string, readonly Version[]>();
  /** Resolves when what has changed by now is in the file. */
  written = Promise.resolve();

  constructor(versions: Map<string, Version>, file: string | undefined) {
    this.#versions = versions;
    this.#file = file;
  }

  async answer(target: string, request: Readonly<Record<string, unknown>>): Promise<Answer> {
    const arn = request['SecretId'];
    const version = typeof arn === 'string' ? this.#versions.get(arn) : undefined;
    if (typeof arn !== 'string' || version === undefined) {
      return refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    const named = { ARN: arn, Name: arn.split(':secret:')[1] };
    switch (target) {
      case 'secretsmanager.GetSecretValue': {
        const { text, id } = version;
        return {
          status: 200,
          body: { ...named, SecretString: text, VersionId: id, VersionStages: [CURRENT] },
        };
      }
      case 'secretsmanager.PutSecretValue':
        return await this.#put(named, request);
      case 'secretsmanager.UpdateSecretVersionStage':
        return await this.#moveStage(named, version, request);
      default:
        return refusal('UnknownOperationException', `${target} is not known locally`);
    }
  }

  async #put(named: Named, request: Readonly<Record<string, unknown>>): Promise<Answer> {
    const text = request['SecretString'];
    if (typeof text !== 'string') return refusal('InvalidParameterException', 'expected a SecretString');
    const id = crypto.randomUUID();
    const stages = asArray(request['VersionStages'] ?? [CURRENT], 'VersionStages');
    const { ARN: arn } = named;
    if (stages.includes(CURRENT)) await this.#makeCurrent(arn, { id, text });
    else this.#drafts.set(arn, [...(this.#drafts.get(arn) ?? []), { id, text }].slice(-DRAFTS_KEPT));
    return { status: 200, body: { ...named, VersionId: id, VersionStages: stages } };
  }

  async #moveStage(
    named: Named,
    current: Version,
    {
      VersionStage: stage,
      RemoveFromVersionId: from,
      MoveToVersionId: to,
    }: Readonly<Record<string, unknown>>,
  ): Promise<Answer> {
    const draft = this.#drafts.get(named.ARN)?.find(({ id }) => id === to);
    if (stage !== CURRENT || draft === undefined) {
      return refusal('InvalidParameterException', 'expected AWSCURRENT and the id of a version');
    }
    if (from !== current.id) {
      return refusal(
        'InvalidParameterException',
        "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version " +
          `${current.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
      );
    }
    await this.#makeCurrent(named.ARN, draft);
    return { status: 200, body: named };
  }

  async #makeCurrent(arn: string, version: Version): Promise<void> {
    this.#versions.set(arn, version);
    const file = this.#file;
    if (file === undefined) return;
    const text = JSON.stringify(Object.fromEntries(this.#versions));
    this.written = this.written.then(async () => {
      await writeFile(`${file}.draft`, text, { mode: 0o600 });
      await rename(`${file}.draft`, file);
    });
    await this.written;
  }
}

interface Named {
  readonly ARN: string;
  readonly Name: string | undefined;
}

const CURRENT = 'AWSCURRENT';
/** The service keeps about a hundred. */
const DRAFTS_KEPT = 100;

async function readKept(file: string | undefined): Promise<Map<string, Version>> {
  if (file === undefined) return new Map();
  try {
    const kept: Record<string, Version> = JSON.parse(await readFile(file, 'utf8'));
    return new Map(Object.entries(kept));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    throw error;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  return isObject(body) ? body : {};
}

function refusal(type: string, message: string): Answer {
  return { status: 400, body: { __type: type, Message: message } };
}

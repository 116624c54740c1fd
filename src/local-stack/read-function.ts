// AWS::Lambda::Function
import { asNumber, asObject, asText, ifPresent } from './property.ts';
import type { ResourceToRead } from './resource-to-read.ts';

export interface FunctionSpec {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly codeFolder: string;
  /** `module.export`, e.g. `index.handler`. */
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Executions at a time; undefined: as many as are asked for. */
  readonly reservedConcurrency: number | undefined;
}

/** Those that are read here, and those that change nothing in what a function does on one machine. */
const KNOWN = new Set([
  ...['Code', 'Environment', 'FunctionName', 'Handler', 'MemorySize', 'ReservedConcurrentExecutions'],
  ...['Runtime', 'Timeout', 'Architectures', 'CodeSigningConfigArn', 'Description', 'EphemeralStorage'],
  ...['KmsKeyArn', 'LoggingConfig', 'PackageType', 'RecursiveLoop', 'Role', 'RuntimeManagementConfig'],
  ...['SnapStart', 'Tags', 'TracingConfig', 'VpcConfig'],
]);

/**
 * `codeFolders`: by the key of an asset, or by the function's logical id, which stands before it.
 * @throws Error where the function has what does not run here
 */
export function readFunction(
  { logicalId, name, arn, property, properties }: ResourceToRead,
  codeFolders: ReadonlyMap<string, string>,
): FunctionSpec {
  const at = (key: string) => `${logicalId}.${key}`;
  const runtime = asText(property('Runtime'), at('Runtime'));
  if (!runtime.startsWith('nodejs')) {
    throw new Error(
      `template, ${at('Runtime')}: found ${runtime}, expected a Node.js runtime: no other runs locally`,
    );
  }
  const unknown = properties.find((key) => !KNOWN.has(key));
  if (unknown !== undefined) {
    throw new Error(`template, ${at(unknown)}: found one, expected none: it does not run locally`);
  }
  const variables = ifPresent(property('Environment'), asObject, at('Environment'))?.['Variables'];
  return {
    logicalId,
    name,
    arn,
    codeFolder: codeFolders.get(logicalId) ?? folderOf(property('Code'), at('Code'), codeFolders),
    handler: asText(property('Handler'), at('Handler')),
    memoryMb: ifPresent(property('MemorySize'), asNumber, at('MemorySize')) ?? 128,
    timeoutMs: (ifPresent(property('Timeout'), asNumber, at('Timeout')) ?? 3) * 1000,
    environment: Object.fromEntries(
      Object.entries(ifPresent(variables, asObject, at('Environment')) ?? {}).map(([variable, value]) => [
        variable,
        asText(value, at(`Environment.${variable}`)),
      ]),
    ),
    reservedConcurrency: ifPresent(
      property('ReservedConcurrentExecutions'),
      asNumber,
      at('ReservedConcurrentExecutions'),
    ),
  };
}

function folderOf(value: unknown, where: string, codeFolders: ReadonlyMap<string, string>): string {
  const { S3Key } = asObject(value, where);
  if (typeof S3Key !== 'string') {
    throw new Error(
      `template, ${where}: found ${Object.keys(Object(value)).join(', ')}, expected an S3Key: images do not run locally`,
    );
  }
  const folder = codeFolders.get(S3Key);
  if (folder !== undefined) return folder;
  throw new Error(
    `template, ${where}.S3Key: found ${S3Key}, expected one of the synthesized assets, or a folder given for the function`,
  );
}

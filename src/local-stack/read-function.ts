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

export function readFunction(
  { logicalId, name, arn, property }: ResourceToRead,
  codeFolders: ReadonlyMap<string, string>,
): FunctionSpec {
  const at = (key: string) => `${logicalId}.${key}`;
  const runtime = asText(property('Runtime'), at('Runtime'));
  if (!runtime.startsWith('nodejs')) {
    throw new Error(
      `template, ${at('Runtime')}: found ${runtime}, expected a Node.js runtime: no other runs locally`,
    );
  }
  const key = asText(asObject(property('Code'), at('Code'))['S3Key'], at('Code.S3Key'));
  const codeFolder = codeFolders.get(key);
  if (codeFolder === undefined) {
    throw new Error(`template, ${at('Code.S3Key')}: found ${key}, expected one of the synthesized assets`);
  }
  const variables = ifPresent(property('Environment'), asObject, at('Environment'))?.['Variables'];
  return {
    logicalId,
    name,
    arn,
    codeFolder,
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

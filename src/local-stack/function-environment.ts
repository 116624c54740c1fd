// The environment of a function's process: what Lambda would set, the template's variables, and the local endpoints.
// Nothing of our own environment gets in.
import type { FunctionSpec } from './read-function.ts';

export interface FunctionEnvironmentOptions {
  readonly region: string;
  /** `AWS_ENDPOINT_URL_*` by name, so that the SDK finds the local servers. */
  readonly endpoints: Readonly<Record<string, string>>;
  /**
   * URLs of files from where the SDK is found that functions leave to Lambda's runtime; default: none, a function brings all it needs.
   */
  readonly sdkFrom?: readonly string[];
  /** For the local servers; default: what they take from anybody. */
  readonly accessKey?: string;
}

export function functionEnvironment(
  fn: FunctionSpec,
  { region, endpoints, sdkFrom = [], accessKey = 'local' }: FunctionEnvironmentOptions,
): Readonly<Record<string, string>> {
  return {
    ...fn.environment,
    ...endpoints,
    ...(sdkFrom.length === 0 ? {} : { LOCAL_SDK_FROM: JSON.stringify(sdkFrom) }),
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split('.')[0]}.x`,
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LAMBDA_TASK_ROOT: fn.codeFolder,
    _HANDLER: fn.handler,
    TZ: ':UTC',
  };
}

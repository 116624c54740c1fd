// The App that `cdk deploy` and the local runtime share: the same feature flags, so the same template.
import { App } from 'aws-cdk-lib';

/**
 * `outFolder`: where the cloud assembly goes, for use here; default: where the CDK command line wants it, whose template is
 * then checked against the rules of CloudFormation. That takes longer than all the rest, and a local start need not wait for it.
 */
export function createApp(outFolder?: string): App {
  return new App({
    ...(outFolder === undefined ? {} : { outdir: outFolder, builtinCloudFormationValidation: false }),
    analyticsReporting: false,
    treeMetadata: false,
    context: FEATURE_FLAGS,
  });
}

/** Here, not in cdk.json, which only the command line reads. */
const FEATURE_FLAGS = {
  // A changed authorizer is no change of a method: without this it would wait for the next deployment of the API.
  '@aws-cdk/aws-apigateway:authorizerChangeDeploymentLogicalId': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/core:checkSecretUsage': true,
  '@aws-cdk/core:enablePartitionLiterals': true,
  '@aws-cdk/core:target-partitions': ['aws', 'aws-cn'],
};

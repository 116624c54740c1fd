// Loads the stack with a simulated fleet: a Fargate task that `tidemill load` starts, and nothing that runs by itself. Without the option nothing of
// it is created; with it, and while nothing is loaded, it costs nothing but the image's place.
import { copyFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { CfnOutput, Fn, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { type IVpc, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  Cluster,
  ContainerImage,
  CpuArchitecture,
  FargateTaskDefinition,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { LOAD_CONTAINER, LOAD_MEMORY_MB, LOAD_VARIABLES, OUTPUTS } from '../../src/platform/names.ts';
import { projectFolder } from '../../src/platform/project-folder.ts';
import type { TelemetryStream } from './telemetry-stream.ts';

export interface LoadOptions {
  /** The bundle, `load.mjs`, which the image holds. */
  readonly codeFolder: string;
  readonly telemetry: TelemetryStream;
}

export class Load extends Construct {
  constructor(scope: Construct, id: string, { codeFolder, telemetry }: LoadOptions) {
    super(scope, id);
    const { stream } = telemetry;
    const vpc = new Vpc(this, 'Network', {
      maxAzs: 2,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC }],
    });
    // The CDK's own types are made without exactOptionalPropertyTypes.
    const cluster = new Cluster(this, 'Cluster', { vpc: vpc as IVpc });
    const definition = new FargateTaskDefinition(this, 'Definition', {
      cpu: 1024,
      memoryLimitMiB: LOAD_MEMORY_MB,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    definition.addContainer(LOAD_CONTAINER, {
      image: ContainerImage.fromAsset(imageFolder(this, codeFolder)),
      environment: { [LOAD_VARIABLES.stream]: stream.streamName, AWS_REGION: Stack.of(this).region },
      logging: LogDrivers.awsLogs({ logGroup, streamPrefix: LOAD_CONTAINER }),
      readonlyRootFilesystem: true,
    });
    definition.addToTaskRolePolicy(
      new PolicyStatement({ actions: ['kinesis:PutRecords'], resources: [stream.streamArn] }),
    );
    const stack = Stack.of(this);
    const subnets = vpc.publicSubnets.map(({ subnetId }) => subnetId);
    new CfnOutput(stack, OUTPUTS.loadCluster, { value: cluster.clusterName });
    new CfnOutput(stack, OUTPUTS.loadTask, { value: definition.taskDefinitionArn });
    new CfnOutput(stack, OUTPUTS.loadSubnets, { value: Fn.join(',', subnets) });
  }
}

/** The bundle with the Dockerfile beside it. */
function imageFolder(scope: Construct, codeFolder: string): string {
  const folder = join(Stage.of(scope)?.outdir ?? '.', 'load-image');
  cpSync(codeFolder, folder, { recursive: true });
  copyFileSync(join(projectFolder(), 'cdk', 'load', 'Dockerfile'), join(folder, 'Dockerfile'));
  return folder;
}

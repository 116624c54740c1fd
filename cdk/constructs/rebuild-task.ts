// The function `rebuild` as a Fargate task, for what takes longer than a function may. While nothing runs it costs nothing: a network without
// gateways that are paid for, and a cluster without members.
import { copyFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy, Stage } from 'aws-cdk-lib';
import { GatewayVpcEndpointAwsService, type IVpc, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  Cluster,
  type ContainerDefinition,
  ContainerImage,
  CpuArchitecture,
  FargatePlatformVersion,
  FargateTaskDefinition,
  type ICluster,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { IntegrationPattern, JsonPath, type TaskStateBase } from 'aws-cdk-lib/aws-stepfunctions';
import { EcsFargateLaunchTarget, EcsRunTask } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { projectFolder } from '../../src/platform/project-folder.ts';

/** What the container reads its work from; `cdk/rebuild/run-step.mjs` does. */
export const REBUILD_VARIABLES = {
  step: 'TIDEMILL_REBUILD_STEP',
  request: 'TIDEMILL_REBUILD_REQUEST',
} as const;

export interface RebuildTaskOptions {
  /** The function's bundle, which the image holds. */
  readonly codeFolder: string;
  readonly environment: Readonly<Record<string, string>>;
}

export class RebuildTask extends Construct {
  readonly #cluster: Cluster;
  readonly #definition: FargateTaskDefinition;
  readonly #container: ContainerDefinition;

  constructor(scope: Construct, id: string, { codeFolder, environment }: RebuildTaskOptions) {
    super(scope, id);
    const vpc = new Vpc(this, 'Network', {
      maxAzs: 2,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC }],
      // Free, and what is read and written stays within AWS.
      gatewayEndpoints: {
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
        S3: { service: GatewayVpcEndpointAwsService.S3 },
      },
    });
    // The CDK's own types are made without exactOptionalPropertyTypes.
    this.#cluster = new Cluster(this, 'Cluster', { vpc: vpc as IVpc });
    this.#definition = new FargateTaskDefinition(this, 'Definition', {
      cpu: 1024,
      memoryLimitMiB: 2048,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#container = this.#definition.addContainer('rebuild', {
      image: ContainerImage.fromAsset(imageFolder(this, codeFolder)),
      environment: { ...environment },
      logging: LogDrivers.awsLogs({ logGroup, streamPrefix: 'rebuild' }),
      readonlyRootFilesystem: true,
    });
  }

  /** A state that runs it and waits for its end; what it prints is in the log. */
  run(scope: Construct, id: string, environment: Readonly<Record<string, string>>): TaskStateBase {
    return new EcsRunTask(scope, id, {
      integrationPattern: IntegrationPattern.RUN_JOB,
      cluster: this.#cluster as ICluster,
      taskDefinition: this.#definition,
      launchTarget: new EcsFargateLaunchTarget({ platformVersion: FargatePlatformVersion.LATEST }),
      assignPublicIp: true,
      subnets: { subnetType: SubnetType.PUBLIC },
      containerOverrides: [
        {
          containerDefinition: this.#container,
          environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
        },
      ],
      resultPath: JsonPath.DISCARD,
    });
  }

  allow(actions: readonly string[], ...resources: readonly string[]): void {
    this.#definition.addToTaskRolePolicy(
      new PolicyStatement({ actions: [...actions], resources: [...resources] }),
    );
  }
}

/** The bundle with the Dockerfile beside it. */
function imageFolder(scope: Construct, codeFolder: string): string {
  const folder = join(Stage.of(scope)?.outdir ?? '.', 'rebuild-image');
  cpSync(codeFolder, folder, { recursive: true });
  const own = join(projectFolder(), 'cdk', 'rebuild');
  for (const name of ['Dockerfile', 'run-step.mjs']) copyFileSync(join(own, name), join(folder, name));
  return folder;
}

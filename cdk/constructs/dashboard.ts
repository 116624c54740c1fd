// The dashboard: a private bucket with the page behind a distribution, which leads to the APIs too. So page, API and
// socket are of one origin: nothing needs CORS, and the page's policy lets it speak to nobody else.
import { Aws, CfnOutput, Duration, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  type IOrigin,
  OriginRequestPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  S3OriginAccessControl,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { API_STAGE, LIVE_STAGE, OUTPUTS } from '../../src/platform/names.ts';
import type { DashboardBundle } from '../bundle-dashboard.ts';
import type { Settings } from '../settings/settings.ts';

export interface DashboardOptions {
  readonly bundle: DashboardBundle;
  readonly api: RestApi;
  /** `wss://…/stage` */
  readonly liveUrl: string;
  readonly settings: Pick<Settings, 'dashboardDomain' | 'dashboardWebAcl'>;
}

export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { bundle, api, liveUrl, settings }: DashboardOptions) {
    super(scope, id);
    const { dashboardDomain: domain, dashboardWebAcl } = settings;
    // What is in it can be made again at any time.
    const made = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.DESTROY,
      // A bucket with files in it cannot be deleted.
      autoDeleteObjects: true,
    });
    // The CDK's own types are not written for exact optional properties: its Bucket is no IBucket by them.
    const bucket = made as IBucket;
    const apiHost = `${api.restApiId}.execute-api.${Stack.of(this).region}.${Stack.of(this).urlSuffix}`;
    const distribution = new Distribution(this, 'Distribution', {
      comment: 'Tidemill: the dashboard',
      ...(domain === undefined
        ? {}
        : {
            domainNames: [domain.name],
            certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
          }),
      ...(dashboardWebAcl === undefined ? {} : { webAclId: dashboardWebAcl }),
      defaultRootObject: 'index.html',
      priceClass: PriceClass.PRICE_CLASS_100,
      httpVersion: HttpVersion.HTTP2_AND_3,
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(bucket, {
          originAccessControl: new S3OriginAccessControl(this, 'Access', {
            originAccessControlName: inAccount('files'),
          }),
        }),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        responseHeadersPolicy: this.#headers(),
      },
      additionalBehaviors: {
        // The stages' names are the first part of the paths there, and here.
        [`${API_STAGE}/*`]: throughTo(new HttpOrigin(apiHost)),
        [LIVE_STAGE]: throughTo(new HttpOrigin(hostOf(liveUrl))),
      },
    });
    const logGroup = new LogGroup(this, 'UploadLogs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const upload = { destinationBucket: bucket, logGroup, memoryLimit: 512, outputObjectKeys: false };
    const assets = new BucketDeployment(this, 'Assets', {
      ...upload,
      sources: [Source.asset(bundle.assetsFolder)],
      cacheControl: [CacheControl.maxAge(Duration.days(365)), CacheControl.immutable()],
      // Pages that are open still load what they name.
      prune: false,
    });
    const page = new BucketDeployment(this, 'Page', {
      ...upload,
      sources: [Source.asset(bundle.pageFolder)],
      // Requested again each time, so that there is nothing to invalidate and no permission to do so.
      cacheControl: [CacheControl.noCache()],
      prune: false,
    });
    page.node.addDependency(assets);
    const host = domain?.name ?? distribution.distributionDomainName;
    new CfnOutput(this, 'Url', { value: `https://${host}/` }).overrideLogicalId(OUTPUTS.dashboardUrl);
    if (domain === undefined) return;
    new CfnOutput(this, 'DomainTarget', { value: distribution.distributionDomainName }).overrideLogicalId(
      OUTPUTS.dashboardDomainTarget,
    );
  }

  #headers(): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, 'Headers', {
      responseHeadersPolicyName: inAccount('headers'),
      comment: 'Tidemill: the dashboard loads and asks its own origin alone',
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy: CONTENT_SECURITY_POLICY, override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
      },
      customHeadersBehavior: {
        customHeaders: [
          { header: 'Cross-Origin-Opener-Policy', value: 'same-origin', override: true },
          { header: 'Cross-Origin-Resource-Policy', value: 'same-origin', override: true },
          { header: 'Permissions-Policy', value: 'camera=(), geolocation=(), microphone=()', override: true },
        ],
      },
    });
  }
}

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * CloudFront's names are the account's, of all regions: with a part of the stack's own id in it, one stack's is never
 * another's, whatever both are called and wherever they are.
 */
const inAccount = (what: string) => `tidemill-${what}-${Fn.select(2, Fn.split('/', Aws.STACK_ID))}`;

/** Reading alone: devices post to the API itself. The token goes through, and nothing is kept on the way. */
function throughTo(origin: IOrigin) {
  return {
    origin,
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
    allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
  };
}

function hostOf(url: string): string {
  return Fn.select(2, Fn.split('/', url));
}

// AWS::CloudFront::Distribution: static files of a bucket, with paths that lead to the stack's APIs.
import { asArray, asObject, asText, ifPresent } from '../property.ts';
import type { OfType, ResourceToRead } from '../resource-to-read.ts';

export interface Site {
  readonly logicalId: string;
  /** What `/` gives. */
  readonly rootObject: string;
  /** Files in the bucket behind the default behaviour, as far as the distribution may read it. */
  readonly files: readonly SiteFiles[];
  /** Why the bucket gives the distribution nothing; undefined: it does. */
  readonly denied: string | undefined;
  /** Headers added to answers that carry files. */
  readonly headers: Readonly<Record<string, string>>;
  readonly paths: readonly SitePath[];
}

export interface SiteFiles {
  readonly folder: string;
  readonly cacheControl: string | undefined;
}

/** A path that leads to an API. */
export interface SitePath {
  /** With `*` for any text. */
  readonly pattern: string;
  readonly apiId: string;
  readonly methods: readonly string[];
}

export function readSites(ofType: OfType, codeFolders: ReadonlyMap<string, string>): Site[] {
  return ofType('AWS::CloudFront::Distribution').map((distribution) => {
    const { logicalId, property } = distribution;
    const where = `${logicalId}.DistributionConfig`;
    const config = asObject(property('DistributionConfig'), where);
    const origins = new Map(
      asArray(config['Origins'], `${where}.Origins`).map((each) => {
        const origin = asObject(each, `${where}.Origins`);
        return [asText(origin['Id'], `${where}.Origins.Id`), origin] as const;
      }),
    );
    const originOf = (behavior: Properties) =>
      origins.get(asText(behavior['TargetOriginId'], `${where}.TargetOriginId`)) ?? {};
    const fallback = asObject(config['DefaultCacheBehavior'], `${where}.DefaultCacheBehavior`);
    const bucket = bucketOf(ofType, originOf(fallback), where);
    const behaviors = ifPresent(config['CacheBehaviors'], asArray, where) ?? [];
    return {
      logicalId,
      rootObject: asText(config['DefaultRootObject'], `${where}.DefaultRootObject`),
      files: filesIn(bucket, ofType, codeFolders),
      denied: whyDenied(originOf(fallback), { bucket, distribution, ofType }),
      headers: headersOf(fallback, ofType),
      paths: behaviors.map((each) => {
        const behavior = asObject(each, `${where}.CacheBehaviors`);
        return readPath(behavior, originOf(behavior), `${where}.CacheBehaviors`);
      }),
    };
  });
}

type Properties = Readonly<Record<string, unknown>>;

function bucketOf(ofType: OfType, origin: Properties, where: string): ResourceToRead {
  const host = asText(origin['DomainName'], `${where}.DefaultCacheBehavior, its origin's DomainName`);
  const bucket = ofType('AWS::S3::Bucket').find(
    ({ attributes }) => attributes['RegionalDomainName'] === host,
  );
  if (bucket !== undefined) return bucket;
  throw new Error(`template, ${where}: found the origin ${host}, expected a bucket of the stack`);
}

/** What the CDK's deployments put there. */
function filesIn(
  { name }: ResourceToRead,
  ofType: OfType,
  codeFolders: ReadonlyMap<string, string>,
): SiteFiles[] {
  return ofType(DEPLOYMENT)
    .filter(({ property }) => property('DestinationBucketName') === name)
    .flatMap(({ logicalId, property }) => {
      const where = `${logicalId}.SourceObjectKeys`;
      const metadata = ifPresent(property('SystemMetadata'), asObject, `${logicalId}.SystemMetadata`);
      const cacheControl = ifPresent(metadata?.['cache-control'], asText, `${logicalId}.SystemMetadata`);
      return asArray(property('SourceObjectKeys'), where).map((key) => {
        const folder = codeFolders.get(asText(key, where));
        if (folder === undefined) {
          throw new Error(`template, ${where}: found ${key}, expected one of the synthesized assets`);
        }
        return { folder, cacheControl };
      });
    });
}

const DEPLOYMENT = 'Custom::CDKBucketDeployment';

/** A private bucket gives to whom its policy names, and who signs the request. */
function whyDenied(
  origin: Properties,
  at: {
    readonly bucket: ResourceToRead;
    readonly distribution: ResourceToRead;
    readonly ofType: OfType;
  },
): string | undefined {
  const { bucket, distribution, ofType } = at;
  if (origin['OriginAccessControlId'] === undefined) {
    return `${distribution.logicalId} signs no request to ${bucket.logicalId}: it has no origin access control`;
  }
  const statements = ofType('AWS::S3::BucketPolicy')
    .filter(({ property }) => property('Bucket') === bucket.name)
    .flatMap(({ logicalId, property }) =>
      asArray(asObject(property('PolicyDocument'), logicalId)['Statement'], logicalId).map((each) =>
        asObject(each, logicalId),
      ),
    );
  const allows = statements.some(
    ({ Effect, Action, Principal, Resource, Condition }) =>
      Effect === 'Allow' &&
      Action === 's3:GetObject' &&
      Resource === `${bucket.arn}/*` &&
      JSON.stringify(Principal) === '{"Service":"cloudfront.amazonaws.com"}' &&
      JSON.stringify(Condition) === JSON.stringify({ StringEquals: { 'AWS:SourceArn': distribution.arn } }),
  );
  return allows ? undefined : `${bucket.logicalId} has no policy that lets ${distribution.logicalId} read it`;
}

function headersOf(behavior: Properties, ofType: OfType): Readonly<Record<string, string>> {
  const policy = ofType('AWS::CloudFront::ResponseHeadersPolicy').find(
    ({ name }) => name === behavior['ResponseHeadersPolicyId'],
  );
  if (policy === undefined) return {};
  const where = `${policy.logicalId}.ResponseHeadersPolicyConfig`;
  const config = asObject(policy.property('ResponseHeadersPolicyConfig'), where);
  const security = ifPresent(config['SecurityHeadersConfig'], asObject, where) ?? {};
  const of = (name: string) => ifPresent(security[name], asObject, `${where}.${name}`);
  const custom = ifPresent(config['CustomHeadersConfig'], asObject, where)?.['Items'];
  const named: readonly (readonly [string, unknown])[] = [
    ['Content-Security-Policy', of('ContentSecurityPolicy')?.['ContentSecurityPolicy']],
    ['X-Content-Type-Options', of('ContentTypeOptions') === undefined ? undefined : 'nosniff'],
    ['X-Frame-Options', of('FrameOptions')?.['FrameOption']],
    ['Referrer-Policy', of('ReferrerPolicy')?.['ReferrerPolicy']],
    ...(ifPresent(custom, asArray, where) ?? []).map((each) => {
      const { Header, Value } = asObject(each, where);
      return [asText(Header, where), Value] as const;
    }),
  ];
  return Object.fromEntries(
    named.flatMap(([name, value]) => (value === undefined ? [] : [[name, asText(value, where)]])),
  );
}

/** The managed policies by which everything goes through as it is: no others run locally. */
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const ALL_VIEWER_EXCEPT_HOST_HEADER = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

function readPath(behavior: Properties, origin: Properties, where: string): SitePath {
  const pattern = asText(behavior['PathPattern'], `${where}.PathPattern`);
  const host = asText(origin['DomainName'], `${where}, ${pattern}: its origin's DomainName`);
  const [, apiId] = /^([a-z0-9]+)\.execute-api\./.exec(host) ?? [];
  const expected = (found: unknown, what: string) =>
    new Error(`template, ${where}, ${pattern}: found ${JSON.stringify(found)}, expected ${what}`);
  if (apiId === undefined) throw expected(host, 'an API of the stack: no other origin runs locally');
  if (behavior['CachePolicyId'] !== CACHING_DISABLED)
    throw expected(behavior['CachePolicyId'], 'the policy CachingDisabled');
  if (behavior['OriginRequestPolicyId'] !== ALL_VIEWER_EXCEPT_HOST_HEADER)
    throw expected(behavior['OriginRequestPolicyId'], 'the policy AllViewerExceptHostHeader');
  if (![undefined, ''].includes(ifPresent(origin['OriginPath'], asText, where)))
    throw expected(origin['OriginPath'], 'no OriginPath');
  const methods = ifPresent(behavior['AllowedMethods'], asArray, where) ?? ['GET', 'HEAD'];
  return { pattern, apiId, methods: methods.map((method) => asText(method, where)) };
}

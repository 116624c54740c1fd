import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

const template = synthesizedStack();
const [distribution] = Object.values(template.findResources('AWS::CloudFront::Distribution'));
const config = distribution?.['Properties'].DistributionConfig;

describe('the dashboard', () => {
  it('is in a bucket that nobody reaches but the distribution, which signs its requests', () => {
    template.hasResource('AWS::S3::Bucket', {
      Properties: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        Tags: Match.anyValue(),
      },
      DeletionPolicy: 'Delete',
    });
    const policies = Object.entries(template.findResources('AWS::S3::BucketPolicy'));
    const [, policy] = policies.find(([id]) => id.startsWith('Dashboard')) ?? [];
    const statements = policy?.['Properties'].PolicyDocument.Statement;
    expect(statements).toMatchObject([
      { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      // What empties it when the stack goes: a bucket with files in it could not be deleted.
      {
        Effect: 'Allow',
        Principal: { AWS: { 'Fn::GetAtt': [expect.stringContaining('AutoDelete'), 'Arn'] } },
      },
      { Effect: 'Allow', Action: 's3:GetObject', Principal: { Service: 'cloudfront.amazonaws.com' } },
    ]);
    expect(JSON.stringify(statements[2].Condition.StringEquals['AWS:SourceArn'])).toContain(':distribution/');
    template.hasResourceProperties('AWS::CloudFront::OriginAccessControl', {
      OriginAccessControlConfig: { SigningBehavior: 'always', SigningProtocol: 'sigv4' },
    });
  });

  it('has the APIs under its own origin: for reading, with the token, and kept nowhere', () => {
    expect(config.CacheBehaviors).toMatchObject([{ PathPattern: 'api/*' }, { PathPattern: 'live' }]);
    for (const behavior of config.CacheBehaviors) {
      expect(behavior).toMatchObject({
        AllowedMethods: ['GET', 'HEAD'],
        ViewerProtocolPolicy: 'https-only',
        // CachingDisabled and AllViewerExceptHostHeader.
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
      });
    }
  });

  it('speaks to its own origin alone, and is shown in nobody’s frame', () => {
    expect(config.DefaultCacheBehavior.ResponseHeadersPolicyId).toEqual({
      Ref: expect.stringMatching(/^DashboardHeaders/),
    });
    const [policy] = Object.values(template.findResources('AWS::CloudFront::ResponseHeadersPolicy'));
    const { SecurityHeadersConfig: security } = policy?.['Properties'].ResponseHeadersPolicyConfig ?? {};
    const directives: string[] = security.ContentSecurityPolicy.ContentSecurityPolicy.split('; ');
    expect(directives).toContain("default-src 'none'");
    expect(directives).toContain("frame-ancestors 'none'");
    // No host, no inline script or style, no eval.
    for (const directive of directives) expect(directive).toMatch(/^[a-z-]+ '(none|self)'$/);
    expect(security).toMatchObject({
      FrameOptions: { FrameOption: 'DENY' },
      ReferrerPolicy: { ReferrerPolicy: 'no-referrer' },
    });
  });

  it('has names of its own in the account, whatever other stacks are called and wherever they are', () => {
    const names = [
      ['AWS::CloudFront::OriginAccessControl', 'OriginAccessControlConfig'],
      ['AWS::CloudFront::ResponseHeadersPolicy', 'ResponseHeadersPolicyConfig'],
    ].map(([type = '', key = '']) =>
      Object.values(template.findResources(type)).map((each) => each['Properties'][key].Name),
    );
    for (const name of names) expect(JSON.stringify(name)).toContain('AWS::StackId');
  });

  it('is asked for anew each time; what it loads is kept for good, and put there first', () => {
    const uploads = Object.entries(template.findResources('Custom::CDKBucketDeployment'));
    const of = (start: string) => uploads.find(([id]) => id.startsWith(start)) ?? ['', undefined];
    const [assetsId, assets] = of('DashboardAssets');
    const [, page] = of('DashboardPage');
    expect(uploads).toHaveLength(2);
    expect(assets?.['Properties'].SystemMetadata).toEqual({ 'cache-control': 'max-age=31536000, immutable' });
    expect(page?.['Properties'].SystemMetadata).toEqual({ 'cache-control': 'no-cache' });
    expect(page?.['DependsOn']).toContain(assetsId);
    for (const upload of [assets, page]) expect(upload?.['Properties'].Prune).toBe(false);
  });
});

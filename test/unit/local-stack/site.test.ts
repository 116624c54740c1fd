// The dashboard's site on the local gateway, from the stack's own template: what is forgotten there fails here.
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { isObject } from '../../../src/local-stack/property.ts';
import { gatewayOverTemplate } from '../../support/local-gateway.ts';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

const template = synthesizedStack();
/** As browsers mark what a page asks of its own origin. */
const FROM_PAGE = { headers: { 'Sec-Fetch-Site': 'same-origin' } };
/** In this stack the site's files are those of the test's handlers: there is no page among them. */
const A_FILE = '/echo.ts';

type Properties = Record<string, unknown>;

/** The template, with the properties of the dashboard's resource of the type changed. */
function changed(type: string, change: (properties: Properties) => Properties): Template {
  const copy = template.toJSON();
  const ids = Object.keys(copy['Resources']).filter((each) => each.startsWith('Dashboard'));
  const id = ids.find((each) => copy['Resources'][each]['Type'] === type) ?? '';
  const resource = copy['Resources'][id];
  const resources = {
    ...copy['Resources'],
    [id]: { ...resource, Properties: change(resource['Properties']) },
  };
  return Template.fromJSON({ ...copy, Resources: resources });
}

/** The distribution, with its settings so changed. */
function withDistribution(change: (config: Properties) => Properties): Template {
  return changed('AWS::CloudFront::Distribution', ({ DistributionConfig: config }) => ({
    DistributionConfig: change(isObject(config) ? config : {}),
  }));
}

describe('the site', () => {
  it('gives its files with the headers of its policy, and nothing else of the disk', async () => {
    const { url } = await gatewayOverTemplate(template);
    const answer = await fetch(`${url}${A_FILE}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-security-policy')).toContain("connect-src 'self'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    const tag = answer.headers.get('etag') ?? '';
    expect((await fetch(`${url}${A_FILE}`, { headers: { 'If-None-Match': tag } })).status).toBe(304);
    for (const path of ['/', '/nothing.js', '/..%2fdoor.ts', '/%2e%2e%2fdoor.ts', '//etc/passwd']) {
      expect((await fetch(`${url}${path}`)).status, path).toBe(403);
    }
    expect((await fetch(`${url}${A_FILE}`, { method: 'POST', body: 'x' })).status).toBe(403);
  });

  it('leads its page’s requests to the APIs, as far as they are for reading', async () => {
    const { url } = await gatewayOverTemplate(template);
    // Without a token: refused by the API itself.
    expect((await fetch(`${url}/api/v1/sources`, FROM_PAGE)).status).toBe(401);
    const posted = await fetch(`${url}/api/v1/events`, { ...FROM_PAGE, method: 'POST', body: '{}' });
    expect([posted.status, posted.headers.get('content-type')]).toEqual([403, 'application/xml']);
    // A device is no page.
    expect((await fetch(`${url}/api/v1/events`, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  it('whose distribution has forgotten the API does not reach it from its page', async () => {
    const forgotten = withDistribution((config) => ({ ...config, CacheBehaviors: [] }));
    const { url } = await gatewayOverTemplate(forgotten);
    const answer = await fetch(`${url}/api/v1/sources`, FROM_PAGE);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'application/xml']);
    expect((await fetch(`${url}/api/v1/sources`)).status).toBe(401);
  });

  it('whose bucket does not know the distribution has no files, and says why', async () => {
    const { url, failures } = await gatewayOverTemplate(
      changed('AWS::S3::BucketPolicy', (properties) => ({
        ...properties,
        PolicyDocument: { Statement: [] },
      })),
    );
    expect((await fetch(`${url}${A_FILE}`)).status).toBe(403);
    expect(failures).toEqual([expect.stringMatching(/no policy that lets DashboardDistribution\w+ read it/)]);
  });

  it('whose distribution keeps what the APIs answer, or takes the token away, does not start', async () => {
    for (const [policy, expected] of [
      ['CachePolicyId', 'CachingDisabled'],
      ['OriginRequestPolicyId', 'AllViewerExceptHostHeader'],
    ] as const) {
      const wrong = withDistribution((config) => ({
        ...config,
        CacheBehaviors: [config['CacheBehaviors']].flat().map((each) => ({ ...Object(each), [policy]: 'x' })),
      }));
      await expect(gatewayOverTemplate(wrong)).rejects.toThrow(
        `api/*: found "x", expected the policy ${expected}`,
      );
    }
  });
});

// The query API and the site: who may read, and in which forms.
import { EVENTS_PATH } from '../platform/door.ts';
import { API_STAGE } from '../platform/names.ts';
import { first, refusedWith, taken } from './door-steps.ts';
import { describeReply, deviceOf, eventOf, objectIn, type Place, type Reply } from './place.ts';
import { Reader } from './reader.ts';
import { broken, HELD, type Outcome, type Step, untried } from './step.ts';

const ROUTES = ['v1/sources', 'v1/pipeline', 'v1/alerts', 'v1/ledger', 'v1/openapi.json'];
const SITE =
  'the distribution’s behaviours or headers are other than the template’s: look at CloudFront and the bucket’s policy';

export const READING_STEPS: readonly Step[] = [
  {
    id: 'query.routes',
    holds: 'the query API answers a reader',
    otherwise: '`query` fails or may not read its tables: look at its log',
    run: async (place) => {
      const reader = await Reader.of(place);
      return await first(ROUTES, async (route) => {
        const reply = await reader.get(route);
        const isJson = reply.header('content-type')?.startsWith('application/json') === true;
        return reply.status === 200 && isJson && objectIn(reply) !== undefined
          ? HELD
          : broken(describeReply(reply));
      });
    },
  },
  {
    id: 'query.refuses',
    holds: 'the query API refuses requests without a reader’s token, and device tokens',
    otherwise: 'anyone can read: the methods have no authorizer, or its answers are cached for other tokens',
    run: async (place) => {
      const { token: device } = await deviceOf(place, 'reads');
      return await first(ROUTES, async (route) => {
        const url = new URL(route, place.apiUrl).href;
        const replies = [await place.ask({ url }), await place.ask({ url, token: device })];
        const open = replies.find(({ status }) => status !== 401 && status !== 403);
        return open === undefined ? HELD : broken(describeReply(open));
      });
    },
  },
  {
    id: 'query.forms',
    holds: 'the query API answers in CSV when asked to, and 304 for an ETag that is current',
    otherwise: 'headers are lost on their way to the function or back',
    run: async (place) => {
      const reader = await Reader.of(place);
      const csv = await reader.get('v1/sources', { Accept: 'text/csv' });
      if (csv.header('content-type')?.startsWith('text/csv') !== true) return broken(describeReply(csv));
      const whole = await reader.get('v1/pipeline');
      const again = await reader.get('v1/pipeline', { 'If-None-Match': whole.header('etag') ?? '""' });
      return again.status === 304 ? HELD : broken(describeReply(again));
    },
  },
  onSite(
    'site.page',
    'the site shows its page, and lets it load nothing of others',
    SITE,
    async ({ ask }, siteUrl) => {
      const reply = await ask({ url: siteUrl });
      const policy = reply.header('content-security-policy') ?? '';
      const isPage = reply.status === 200 && reply.header('content-type')?.startsWith('text/html') === true;
      return isPage && policy.includes("default-src 'none'")
        ? HELD
        : broken(`${describeReply(reply)}, policy ${JSON.stringify(policy)}`);
    },
  ),
  onSite(
    'site.authorization',
    'the site passes the Authorization header on: a reader reads through it',
    'CloudFront takes the header away or keeps answers: the behaviour’s origin request and cache policies are others',
    async (place, siteUrl) => {
      const reader = await Reader.of(place);
      const read = (token?: string) =>
        place.ask({
          url: new URL(`${API_STAGE}/v1/pipeline`, siteUrl).href,
          headers: FROM_PAGE(siteUrl),
          ...(token === undefined ? {} : { token }),
        });
      const good = await read(reader.token);
      return good.status === 200 ? refusedWith(await read(), [401, 403]) : broken(describeReply(good));
    },
  ),
  onSite(
    'site.posts',
    'the site takes no events, or as the door does',
    'a way around the door’s checks',
    async (place, siteUrl) => {
      const { source, token } = await deviceOf(place, 'by-site');
      const url = new URL(`${API_STAGE}${EVENTS_PATH}`, siteUrl).href;
      const headers = { 'Content-Type': 'application/json', ...FROM_PAGE(siteUrl) };
      const post = (event: object) =>
        place.ask({ method: 'POST', url, token, headers, body: JSON.stringify(event) });
      const own: Reply = await post(eventOf(place));
      const foreign = await post(eventOf(place, { source: `${source}-other` }));
      if (foreign.status < 400) return broken(describeReply(foreign));
      return own.status >= 400 ? HELD : taken(own);
    },
  ),
];

/** A browser says so of itself; the local gateway tells the site from the API by it. */
const FROM_PAGE = (siteUrl: string) => ({ 'Sec-Fetch-Site': 'same-origin', Origin: new URL(siteUrl).origin });

function onSite(
  id: string,
  holds: string,
  otherwise: string,
  run: (place: Place, siteUrl: string) => Promise<Outcome>,
): Step {
  return {
    id,
    holds,
    otherwise,
    run: async (place) =>
      place.siteUrl === undefined ? untried('the stack has no site') : await run(place, place.siteUrl),
  };
}

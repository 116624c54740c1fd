// A site as its distribution serves it: files with the headers of its policy; requests for the APIs' paths go on to them.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { matchesWildcards } from '../iam-policies.ts';
import type { HttpAnswer } from './gateway-response.ts';
import type { Site } from './read-sites.ts';

export interface SiteRequest {
  readonly httpMethod: string;
  /** With its leading slash, without the query. */
  readonly path: string;
  readonly ifNoneMatch: string | undefined;
}

export interface ServeSite {
  /** The API that the path leads to; undefined: the request is for a file, or refused. */
  apiOf(request: Pick<SiteRequest, 'httpMethod' | 'path'>): string | undefined;
  answer(request: SiteRequest): HttpAnswer;
}

interface SiteFile {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export function createServeSite(site: Site, onFailure: (message: string) => void): ServeSite {
  const files = readFiles(site);
  const pathOf = (path: string) => site.paths.find(({ pattern }) => matchesWildcards(`/${pattern}`, path));
  return {
    apiOf({ httpMethod, path }) {
      const found = pathOf(path);
      return found?.methods.includes(httpMethod) === true ? found.apiId : undefined;
    },
    answer({ httpMethod, path, ifNoneMatch }) {
      if (pathOf(path) !== undefined || !['GET', 'HEAD'].includes(httpMethod)) {
        return { ...REFUSED, headers: { ...REFUSED.headers, ...site.headers } };
      }
      if (site.denied !== undefined) onFailure(site.denied);
      const file =
        site.denied === undefined ? files.get(path === '/' ? `/${site.rootObject}` : path) : undefined;
      // A bucket that may not be listed does not tell what is not there from what may not be read.
      if (file === undefined) return { ...REFUSED, headers: { ...REFUSED.headers, ...site.headers } };
      const headers = { ...file.headers, ...site.headers };
      if (ifNoneMatch === file.headers['ETag']) return { status: 304, headers, body: '' };
      return { status: 200, headers, body: httpMethod === 'HEAD' ? '' : file.body };
    },
  };
}

const REFUSED = {
  status: 403,
  headers: { 'Content-Type': 'application/xml' },
  body: '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>',
};

/** All of them: a site is a handful of small files, and so nothing else of the disk can be asked for. */
function readFiles({ files }: Site): ReadonlyMap<string, SiteFile> {
  const found = new Map<string, SiteFile>();
  for (const { folder, cacheControl } of files) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const body = readFileSync(file);
      found.set(`/${file.slice(folder.length + 1)}`, {
        body,
        headers: {
          'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
          ETag: `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`,
          ...(cacheControl === undefined ? {} : { 'Cache-Control': cacheControl }),
        },
      });
    }
  }
  return found;
}

/** As the uploader of the CDK tells them from a file's name. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

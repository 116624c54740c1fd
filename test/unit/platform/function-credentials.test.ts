import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultProvider } from '../../../src/platform/function-credentials.ts';

const ALL = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
];

function environment(given: Readonly<Record<string, string>>): void {
  for (const name of ALL) vi.stubEnv(name, given[name]);
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('the credentials of a function', () => {
  it('are those that Lambda puts into its environment', async () => {
    environment({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' });
    expect(await defaultProvider()()).toEqual({ accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't' });
  });

  it('of its bundle run as a task are those that ECS gives, asked for again when they expire', async () => {
    environment({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/x' });
    const body = { AccessKeyId: 'a', SecretAccessKey: 's', Token: 't', Expiration: '2026-11-28T10:00:00Z' };
    const answers = [new Response('', { status: 500 }), Response.json(body)];
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (url: URL) => {
      asked.push(url.href);
      return answers.shift();
    });
    expect(await defaultProvider()()).toEqual({
      ...{ accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't' },
      expiration: new Date('2026-11-28T10:00:00Z'),
    });
    expect(asked).toEqual(Array(2).fill('http://169.254.170.2/v2/credentials/x'));
  });

  it('that are nowhere are an error that says where they were looked for', async () => {
    environment({});
    await expect(defaultProvider()()).rejects.toThrow(/found no AWS_ACCESS_KEY_ID .* or those of a task/);
  });
});

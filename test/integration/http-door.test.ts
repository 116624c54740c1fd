// The HTTP door: what it takes is in the stream as whose it is; what it refuses never reaches the stream, and no log has
// a token in it.
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createRetire } from '../../consumers/retire/retire.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { emptySourceState } from '../../src/core/source-state.ts';
import { encodeState } from '../../src/core/state-encoding.ts';
import { MAX_EVENTS_PER_REQUEST, MAX_REQUEST_RECORD_BYTES } from '../../src/platform/door.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import type { RestEvent } from '../../src/wire/rest-event.ts';
import { decodeSigningKeys } from '../../src/wire/token-keys.ts';
import { type Door, openDoor } from '../support/door.ts';
import { Observed } from '../support/observed.ts';
import { StoredTables } from '../support/stored-tables.ts';

const EVENT = '{"time":1767225600000,"id":1,"values":{"t":21.5}}';

async function expectNothingStored({ stored, log, access }: Door, tokens: readonly string[]): Promise<void> {
  expect(await stored()).toEqual([]);
  const logs = [...log, ...access].join('\n');
  // Its last part, or the whole where that is empty; a short one could stand in any text.
  for (const token of tokens.filter(({ length }) => length > 20)) {
    expect(logs).not.toContain(token.split('.').at(-1) || token);
  }
}

describe('the HTTP door', () => {
  it('makes one record of one request, stamped with the token’s source, and answers its place', async () => {
    const door = await openDoor();
    const source = 'pump "1" é😀\\u0022\'';
    const token = await door.issue({ subject: source });
    const bodies = [
      EVENT,
      `[${EVENT},${EVENT}]`,
      `{"events":[${EVENT}],"sent":1}`,
      `{"source":${JSON.stringify(source)},"time":1}`,
    ];
    for (const body of bodies) {
      const answer = await door.post(body, token);
      expect(answer.status, answer.body).toBe(200);
      expect(JSON.parse(answer.body)).toEqual({
        shardId: expect.stringMatching(/^shardId-/),
        sequenceNumber: expect.stringMatching(/^\d+$/),
      });
    }
    const event = JSON.parse(EVENT);
    expect((await door.stored()).map((text) => JSON.parse(text))).toEqual([
      { events: [event], source },
      { events: [event, event], source },
      { events: [event], source },
      { events: [{ source, time: 1 }], source },
    ]);
    const calls = door.serviceCalls.map(({ body }) => JSON.parse(body).PartitionKey);
    expect(calls).toEqual([source, source, source, source]);
  });

  it('retires a source for an operator’s token, which does nothing else, and for no other', async () => {
    const { sources } = new StoredTables();
    const states = new SourceStates(sources);
    const pipeline = parsePipeline({ aggregations: [{ name: 'a', window: { tumbling: '1m' } }] });
    const state = encodeState(emptySourceState('hall/7', pipeline));
    await states.commit([{ source: 'hall/7', expectedVersion: undefined, state, closesAtMs: undefined }]);
    const { log, meter } = new Observed();
    const retire = createRetire({ states, log, meter, nowMs: () => 5_000 });
    const door = await openDoor({
      // what the gateway has made
      functions: { RetireConsumer: async (event) => await retire(event as unknown as RestEvent) },
    });
    const path = '/v1/sources/hall%2F7/retirement';
    const others = [await door.issue({}), await door.issue({ use: 'reader' }), undefined];
    for (const token of others) expect((await door.post('', token, {}, path)).status).toBe(401);
    expect(await states.load(['hall/7'])).not.toMatchObject([{ retiredAtMs: 5_000 }]);

    const operator = await door.issue({ use: 'operator', subject: 'night shift' });
    expect((await door.post(EVENT, operator)).status).toBe(401);
    const answer = await door.post('', operator, {}, path);
    expect(answer.status, answer.body).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({ source: 'hall/7', retiredAt: '1970-01-01T00:00:05.000Z' });
    expect(await states.load(['hall/7'])).toMatchObject([{ retiredAtMs: 5_000 }]);
    await expectNothingStored(door, [operator]);
  });

  it('takes bodies in another form by routes of their own, for the token’s source, from devices and relays', async () => {
    const door = await openDoor({ routes: ['ttn'] });
    const token = await door.issue({});
    const relay = await door.issue({ use: 'relay', sources: ['a'] });
    const body = '{"source":"other","end_device_ids":{"device_id":"\\"}"},"n":[1,null]}';
    expect((await door.post(body, token, {}, '/v1/events/ttn')).status).toBe(200);
    expect((await door.post(body, relay, { 'Tidemill-Source': 'a' }, '/v1/relay/events/ttn')).status).toBe(
      200,
    );
    const line = 'm,host="é" v=1 5\n';
    const posted = await door.post(
      line,
      token,
      { 'Content-Type': 'text/plain; charset=utf-8' },
      '/v1/events/ttn',
    );
    expect(posted.status).toBe(200);
    const stored = (await door.stored()).map((text) => JSON.parse(text));
    expect(stored).toHaveLength(3);
    for (const source of ['device-1', 'a'])
      expect(stored).toContainEqual({ document: JSON.parse(body), route: 'ttn', source });
    const document = Buffer.from(line).toString('base64');
    expect(stored).toContainEqual({ document, route: 'ttn', source: 'device-1' });
    // What the authorizer said of the one path is kept, and holds for the other.
    expect((await door.post(EVENT, token)).status).toBe(200);
    expect(await door.stored()).toHaveLength(4);
  });

  it('refuses bodies in another form that are no JSON, no document, too large, of another type, or without a right', async () => {
    const door = await openDoor({ routes: ['ttn'] });
    const token = await door.issue({});
    const post = async (body: string, headers = {}, path = '/v1/events/ttn', by = token) =>
      (await door.post(body, by, headers, path)).status;
    expect(await post('m v=1 5')).toBe(400);
    expect(await post('"text"')).toBe(400);
    expect(await post('')).toBe(400);
    expect(await post(JSON.stringify({ v: 'x'.repeat(MAX_REQUEST_RECORD_BYTES) }))).toBe(413);
    expect(await post('{"v":1}', { 'Content-Type': 'application/octet-stream' })).toBe(415);
    expect(await post('{}', {}, '/v1/events/senml')).toBeGreaterThanOrEqual(400);
    expect(await post('{}', {}, '/v1/relay/events/ttn')).toBeGreaterThanOrEqual(400);
    expect(await post('{}', {}, '/v1/events/ttn', await door.issue({ use: 'reader' }))).toBe(401);
    await expectNothingStored(door, [token]);
  });

  it('puts what looks like a template, JSON or an end of one into the record as the text it is', async () => {
    const door = await openDoor();
    const token = await door.issue({});
    const texts = [
      '$context.authorizer.source',
      '#set($who = "x")',
      '"}],"source":"other"}',
      `\${head}`,
      "'\\\\'",
      '#end',
      '\u2028</script>',
      '$!{x}#[[y]]#',
    ];
    const body = JSON.stringify(
      texts.map((text, i) => ({ time: i, id: `i${i}`, tags: { text, [text]: 'name' } })),
    );
    expect((await door.post(body, token)).status).toBe(200);
    const [record = ''] = await door.stored();
    expect(JSON.parse(record)).toEqual({ events: JSON.parse(body), source: 'device-1' });
  });

  it.each([
    ['an event of another source', '{"time":1,"source":"other"}', 403],
    ['one among its own', '[{"time":1,"source":"device-1"},{"time":1},{"time":1,"source":"other"}]', 403],
    ['an envelope of another source', '{"source":"other","events":[{"time":1}]}', 403],
    ['one within its own envelope', '{"source":"device-1","events":[{"time":1,"source":"other"}]}', 403],
    ['a source stated twice', '{"time":1,"source":"device-1","source":"other"}', 403],
    ['an escaped name of source', '{"time":1,"\\u0073ource":"other"}', 403],
    ['JSON that goes on behind its end', `${EVENT},"source":"other"`, 400],
    ['an array that breaks out', '[],"source":"other","events":[{"time":1}]', 400],
    ['no JSON', '{"time":', 400],
    ['nothing', '', 400],
    ['no event', '"text"', 400],
    ['an event without a time', '{"values":{"a":1}}', 400],
    ['a bad event among good ones', `[${EVENT},{"time":1,"values":["1"]}]`, 400],
    ['a number that is none', '{"time":1,"values":{"a":NaN}}', 400],
    [
      'too many events',
      JSON.stringify(Array.from({ length: MAX_EVENTS_PER_REQUEST + 1 }, () => ({ time: 1 }))),
      400,
    ],
    ['brackets without end', '['.repeat(100_000), 400],
    ['an event nested deeply', `{"time":1,"more":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 400],
    [
      'a record that is too large',
      JSON.stringify({ time: 1, more: 'x'.repeat(MAX_REQUEST_RECORD_BYTES) }),
      413,
    ],
  ])('refuses %s', async (_, body, status) => {
    const door = await openDoor();
    const token = await door.issue({});
    const answer = await door.post(body, token);
    expect([answer.status, answer.body]).toEqual([status, expect.stringContaining('"expected"')]);
    await expectNothingStored(door, [token]);
  });

  it('leaves it to the service to say that a request is too large', async () => {
    const door = await openDoor();
    const token = await door.issue({});
    const answer = await door.post(' '.repeat(10 * 1024 * 1024 + 1), token);
    expect(answer).toMatchObject({ status: 413, body: '{"message":"Request Too Long"}' });
    await expectNothingStored(door, [token]);
  });

  it('refuses other content types, which no model would look at', async () => {
    const door = await openDoor();
    const token = await door.issue({});
    for (const type of ['text/plain', 'application/xml', 'application/x-amz-json-1.1']) {
      expect((await door.post('{"time":1,"source":"other"}', token, { 'Content-Type': type })).status).toBe(
        415,
      );
    }
    await expectNothingStored(door, [token]);
  });

  it('answers a request that never ends, and does not wait for it', async () => {
    const door = await openDoor({ requestTimeoutMs: 200 });
    const token = await door.issue({});
    const socket = connect(Number(new URL(door.url).port), '127.0.0.1');
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
    socket.write(
      `POST /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"time"`,
    );
    expect(await answer).toMatch(/^HTTP\/1.1 408 /);
    await expectNothingStored(door, [token]);
  });
});

describe('a token at the HTTP door', () => {
  it('is refused when it is missing, forged, foreign, expired, revoked or not signed at all', async () => {
    const door = await openDoor();
    const good = await door.issue({});
    const [head = '', claims = '', signature = ''] = good.split('.');
    const [key] = decodeSigningKeys(door.secrets.get('signing') ?? '');
    if (key === undefined) throw new Error('no key');
    const other = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    const nowSeconds = Math.floor(door.clock.nowMs / 1000);
    const claimsOf = (more: object) => ({
      iss: 'tidemill',
      aud: 'tidemill:device',
      sub: 'device-1',
      jti: 'j',
      iat: nowSeconds,
      exp: nowSeconds + 60,
      ...more,
    });
    const { privateKey } = await own(key.privateJwk);
    const signed = (more: object, header: object = {}, by = privateKey) =>
      new SignJWT(claimsOf(more))
        .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: key.kid, ...header })
        .sign(by);
    const hmac = (() => {
      const text = [{ alg: 'HS256', typ: 'JWT', kid: key.kid }, claimsOf({})]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      return `${text}.${createHmac('sha256', String(key.publicJwk['x'])).update(text).digest('base64url')}`;
    })();
    const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    const bad: Record<string, string> = {
      'another signature': `${head}.${claims}.${flipped}`,
      'other claims': `${head}.${Buffer.from(JSON.stringify(claimsOf({ sub: 'other' }))).toString('base64url')}.${signature}`,
      'no signature': `${head}.${claims}.`,
      'alg none': new UnsecuredJWT(claimsOf({})).encode(),
      'the public key as a shared secret': hmac,
      'another key': await signed({}, {}, other.privateKey),
      'a key id that is not known': await signed({}, { kid: 'unknown' }),
      'no key id': await signed({}, { kid: undefined }),
      'another audience': await signed({ aud: 'tidemill:reader' }),
      'two audiences': await signed({ aud: ['tidemill:device', 'tidemill:reader'] }),
      'another issuer': await signed({ iss: 'somebody' }),
      'an expiry that is over': await signed({ iat: nowSeconds - 120, exp: nowSeconds - 60 }),
      'no expiry': await signed({ exp: undefined }),
      'no id': await signed({ jti: undefined }),
      'no subject': await signed({ sub: undefined }),
      'a relay’s use': await door.issue({ use: 'relay', subject: 'r', sources: ['device-1'] }),
      'a reader’s use': await door.issue({ use: 'reader', subject: 'r' }),
      'no form of a token': 'x',
      'a great length': `${'x'.repeat(9_000)}.y.z`,
    };
    for (const [what, token] of Object.entries(bad)) {
      expect((await door.post(EVENT, token)).status, what).toBe(401);
    }
    expect((await door.post(EVENT)).status).toBe(401);
    expect((await door.post(EVENT, undefined, { Authorization: `Basic ${good}` })).status).toBe(401);
    await expectNothingStored(door, [good, ...Object.values(bad)]);
    expect((await door.post(EVENT, await signed({}))).status).toBe(200);
    expect((await door.post(EVENT, good)).status).toBe(200);
  });

  it('that is revoked is refused within the stated time, alone or with all of its device', async () => {
    const door = await openDoor();
    const tokens = [await door.issue({}), await door.issue({}), await door.issue({ subject: 'device-2' })];
    const statuses = async () => {
      const answers = [];
      for (const token of tokens) answers.push((await door.post(EVENT, token)).status);
      return answers;
    };
    expect(await statuses()).toEqual([200, 200, 200]);
    for await (const { id, subject } of door.tokens.list()) {
      if (subject === 'device-2') await door.desk.revoke(id);
    }
    door.clock.nowMs += 60_001;
    expect(await statuses()).toEqual([200, 200, 401]);
    expect(await door.desk.revokeSubject('device', 'device-1')).toBe(2);
    // A new one is good at once: the device is not locked out.
    door.clock.nowMs += 60_001;
    tokens.push(await door.issue({}));
    expect(await statuses()).toEqual([401, 401, 401, 200]);
  });

  it('stays good when a newer key signs, until its key is retired', async () => {
    const door = await openDoor();
    const old = await door.issue({});
    expect((await door.post(EVENT, old)).status).toBe(200);
    door.clock.nowMs += 3_000;
    await door.desk.rotate();
    const young = await door.issue({});
    expect([(await door.post(EVENT, young)).status, (await door.post(EVENT, old)).status]).toEqual([
      200, 200,
    ]);
    const keys = decodeSigningKeys(door.secrets.get('signing') ?? '');
    await door.desk.retire(keys.at(-1)?.kid ?? '');
    door.clock.nowMs += 120_001;
    expect([(await door.post(EVENT, young)).status, (await door.post(EVENT, old)).status]).toEqual([
      200, 401,
    ]);
    expect(JSON.stringify([...door.secrets].filter(([id]) => id !== 'signing'))).not.toContain('\\"d\\"');
  });

  it('of a relay speaks for those it lists, one a request, and for nobody else', async () => {
    const door = await openDoor();
    const token = await door.issue({ use: 'relay', subject: 'gateway-1', sources: ['a', 'ü 2'] });
    const post = (source: string | undefined, body = EVENT) =>
      door.post(
        body,
        token,
        source === undefined ? {} : { 'Tidemill-Source': encodeURIComponent(source) },
        '/v1/relay/events',
      );
    expect((await post('a')).status).toBe(200);
    expect((await post('ü 2')).status).toBe(200);
    expect((await post('b')).status).toBe(403);
    expect((await post(undefined)).status).toBe(401);
    expect((await post('a', '{"time":1,"source":"ü 2"}')).status).toBe(403);
    // What was kept for one source is not used for another.
    expect((await post('a')).status).toBe(200);
    const device = await door.issue({ subject: 'a' });
    expect((await door.post(EVENT, device, { 'Tidemill-Source': 'a' }, '/v1/relay/events')).status).toBe(401);
    expect((await door.stored()).map((text) => JSON.parse(text).source).sort()).toEqual(['a', 'a', 'ü 2']);
  });

  it('lets nobody in while keys or revocations cannot be read', async () => {
    const door = await openDoor();
    const token = await door.issue({});
    const [id = ''] = [...door.secrets.keys()].filter((each) => each !== 'signing');
    door.secrets.set(id, 'damaged');
    const answer = await door.post(EVENT, token);
    expect([answer.status, answer.retryAfter]).toEqual([503, '2']);
    await expectNothingStored(door, [token]);
  });
});

describe('trouble behind the HTTP door', () => {
  it.each([
    ['a full shard', 400, 'ProvisionedThroughputExceededException', 429, '1'],
    ['a stream that is not there', 400, 'ResourceNotFoundException', 503, '5'],
    ['a failure of the service', 500, 'InternalFailure', 503, '2'],
  ])('is said: %s', async (_, status, type, expected, retryAfter) => {
    const door = await openDoor({
      callService: async () => ({ status, body: JSON.stringify({ __type: type, message: 'm' }) }),
    });
    const answer = await door.post(EVENT, await door.issue({}));
    expect([answer.status, answer.retryAfter]).toEqual([expected, retryAfter]);
  });

  it('is said when nobody answers', async () => {
    const door = await openDoor({ callService: () => Promise.reject(new Error('connection refused')) });
    const answer = await door.post(EVENT, await door.issue({}));
    expect([answer.status, answer.retryAfter]).toEqual([503, '2']);
  });

  it('does not spread: one plan’s devices use up their own rate alone', async () => {
    const door = await openDoor({ doorLimits: { device: { rate: 1, burst: 2 } } });
    const device = await door.issue({});
    const relay = await door.issue({ use: 'relay', subject: 'r', sources: ['a'] });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await door.post(EVENT, device)).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await door.post(EVENT, relay, { 'Tidemill-Source': 'a' }, '/v1/relay/events')).status).toBe(200);
    door.clock.nowMs += 1_000;
    expect((await door.post(EVENT, device)).status).toBe(200);
  });
});

async function own(jwk: Readonly<Record<string, string>>) {
  const privateKey = await crypto.subtle.importKey('jwk', jwk, 'Ed25519', true, ['sign']);
  expect((await exportJWK(privateKey)).x).toBe(jwk['x']);
  return { privateKey };
}

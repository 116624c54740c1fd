// Rules 20, 21, 24 to 26: `$util`, and what templates set in `$context`.
import { describe, expect, it } from 'vitest';
import { renderTemplate } from '../../../src/local-stack/gateway/mapping-template.ts';
import { templateContext } from '../../../src/local-stack/gateway/template-context.ts';
import { templateInput, textOf } from '../../support/render-template.ts';

describe('$util', () => {
  it('rule 20: escapeJavaScript escapes quotes of both kinds; what it makes of the rest is open', () => {
    const template = `$util.escapeJavaScript($input.path('$.t'))`;
    expect(textOf(template, { t: `it's "é"/\n` })).toBe(String.raw`it\'s \"\u00E9\"\/\n`);
    const answers = { escapedSlash: '/', escapesNonAscii: false } as const;
    expect(textOf(template, { t: 'é/😀' }, { answers })).toBe('é/😀');
    expect(textOf(template, {})).toBe('null');
    expect(textOf(template, {}, { answers: { escapedNull: '' } })).toBe('');
  });

  it('rule 20: with the documents’ replacement its outcome is JSON', () => {
    const template = String.raw`"$util.escapeJavaScript($input.path('$.t')).replaceAll("\\'","'")"`;
    expect(JSON.parse(textOf(template, { t: `it's a "test"\n` }))).toBe(`it's a "test"\n`);
  });

  it('rule 21: urlEncode encodes as forms do, and what is missing as nothing', () => {
    expect(textOf(`$util.urlEncode("a b&é~(*)")|$util.urlEncode($input.path('$.x'))`, {})).toBe(
      'a+b%26%C3%A9%7E%28*%29|',
    );
    expect(textOf(`$util.urlDecode('x=a+b%20%C3%A9')`, '')).toBe('x=a b é');
  });

  it('rule 21: base64 is of UTF-8; of null or a map it is nothing, or of what they print', () => {
    expect(textOf(`$util.base64Encode('é')|$util.base64Decode('w6k=')`, '')).toBe('w6k=|é');
    const template = `$util.base64Encode($input.path('$.x'))|$util.base64Encode($input.path('$'))`;
    expect(textOf(template, { a: 1 })).toBe('|');
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    expect(textOf(template, { a: 1 }, { answers: { base64OfNoText: 'printed' } })).toBe(
      `${base64('null')}|${base64('{a=1}')}`,
    );
  });

  it('rule 21: parseJson gives maps and lists; of no JSON it fails, or gives null', () => {
    expect(textOf(`#set($m = $util.parseJson('{"a":[1,2]}'))$m.a[1] $m`, '')).toBe('2 {a=[1,2]}');
    const template = `[$util.parseJson('{"a"')]`;
    expect(() => textOf(template, '')).toThrow('JSON');
    expect(textOf(template, '', { answers: { parsedNoJson: 'null' } })).toBe('[]');
  });
});

describe('overrides', () => {
  it('rule 25, v6: what a request’s template sets is there for the response’s, members of one’s own too', () => {
    const context = templateContext({ requestId: 'r' });
    const request = `#set($context.responseOverride.status = 202)#set($context.responseOverride.own = "kept")
#set($context.responseOverride.header.X-Own = "h")#set($context.requestOverride.header["X-To"] = "there")
#set($context.requestOverride.querystring.q = 1)#set($context.requestOverride.path.p = "x")`;
    expect(renderTemplate(request, templateInput('', { context })).request).toEqual({
      header: { 'X-To': 'there' },
      querystring: { q: '1' },
      path: { p: 'x' },
    });
    const response = renderTemplate(
      '$context.responseOverride.own $context.responseOverride.status $context.responseOverride.header',
      templateInput('', { context }),
    );
    expect(response).toMatchObject({ text: 'kept 202 {X-Own=h}', status: 202, headers: { 'X-Own': 'h' } });
  });

  it('rule 26: each parameter is overridden once; what else a template keeps there it may change', () => {
    const twice = (target: string) =>
      renderTemplate(`#set($context.${target} = "1")#set($context.${target} = "2")`, templateInput(''));
    for (const target of [
      'responseOverride.status',
      'responseOverride.header.x',
      'requestOverride.header["x-y"]',
      'requestOverride.querystring.q',
      'requestOverride.path.p',
    ])
      expect(() => twice(target), target).toThrow('overridden twice');
    expect(() => twice('responseOverride.own')).not.toThrow();
    expect(() =>
      renderTemplate(
        '$context.requestOverride.path.put("p", "1")$context.requestOverride.path.put("p", "2")',
        templateInput(''),
      ),
    ).toThrow('overridden twice');
  });

  it.each([
    ['201', 201],
    ['"201"', 201],
    ['99', undefined],
    ['600', undefined],
    ['"text"', undefined],
    ['20.5', undefined],
  ])('rule 26: a status that is no integer from 100 to 599 is passed over: %s', (status, taken) => {
    const { status: override } = renderTemplate(
      `#set($context.responseOverride.status = ${status})`,
      templateInput(''),
    );
    expect(override).toBe(taken);
  });

  it('rule 22: maps of $context print nothing, null neither', () => {
    const context = { identity: { sourceIp: '::1', caller: null }, requestId: 'r' };
    const template =
      '[$context.identity][$context.responseOverride][$context.requestOverride][$context.authorizer][$context.identity.caller][$context.identity.sourceIp]';
    expect(textOf(template, '', { context })).toBe('[][][][][][::1]');
  });
});

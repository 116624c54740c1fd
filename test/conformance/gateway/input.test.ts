// Rules 1 to 11: what `$input` gives a template.
import { describe, expect, it } from 'vitest';
import { evaluateJsonPath } from '../../../src/local-stack/gateway/json-path.ts';
import { readMappingTemplate } from '../../../src/local-stack/gateway/read-mapping-template.ts';
import { textOf } from '../../support/render-template.ts';

const ASKED = `{"body": $x, "nested": $x.nested, "isNull": #if( $x == $null )"true"#else"false"#end, "isEmptyString": #if( $x == "" )"true"#else"false"#end}`;
const asked = (path: string) => `#set($x = $input.path("${path}"))${ASKED}`;

describe('the body', () => {
  it.each([
    ['of an empty one the text {}', '$input.body', '', '{}'],
    ['of JSON as it came', '$input.body', '{"a" : 1}', '{"a" : 1}'],
    ['of plain text', '$input.body', 'some raw data', 'some raw data'],
    [
      'url-encoded',
      'MessageBody=$util.urlEncode($input.body)',
      'some raw data&é',
      'MessageBody=some+raw+data%26%C3%A9',
    ],
    ['its members are nothing', '[$input.body.some]', { some: 'value' }, '[]'],
    ['encoded they are nothing either', '[$util.urlEncode($input.body.some)]', { some: 'value' }, '[]'],
  ])('rule 1, v3: %s', (_, template, body, text) => {
    expect(textOf(template, body)).toBe(text);
  });
});

describe('a path', () => {
  it.each([
    [
      'a missing member',
      '$.missing',
      {},
      '{"body": , "nested": , "isNull": "true", "isEmptyString": "true"}',
    ],
    ['null', '$.l', { l: null }, '{"body": , "nested": , "isNull": "true", "isEmptyString": "true"}'],
    [
      'an empty list',
      '$.l',
      { l: [] },
      '{"body": [], "nested": , "isNull": "false", "isEmptyString": "false"}',
    ],
    ['an empty body', '$.x', '', '{"body": , "nested": , "isNull": "true", "isEmptyString": "true"}'],
    [
      'a member of a text',
      '$.a.b',
      { a: 'text' },
      '{"body": , "nested": , "isNull": "true", "isEmptyString": "true"}',
    ],
  ])('rules 2, 3 and 6, v1: to %s', (_, path, body, text) => {
    expect(textOf(asked(path), body)).toBe(text);
  });

  it('rule 2: may also equal null alone, as in open-source Velocity', () => {
    const answers = { nothingEqualsEmptyText: false };
    expect(textOf(asked('$.missing'), {}, { answers })).toContain(
      '"isNull": "true", "isEmptyString": "false"',
    );
  });

  it.each([
    ['a list', '$x', [{ foo: 'bar' }], '[{"foo":"bar"}]'],
    ['a map', '$x', { a: 'b', c: { d: 1 } }, '{a=b, c={d=1}}'],
    ['a map by toString()', '$x.toString()', { foo: 'bar' }, '{foo=bar}'],
    ['a list in a map', '$x', { k: [{ n: 'v' }] }, '{k=[{"n":"v"}]}'],
    ['null in a map', '$x', { k: null }, '{k=null}'],
    ['names that are numbers, as they came', '$x', '{"2":1,"1":2}', '{2=1, 1=2}'],
    ['a number', '$x', 12, '12'],
    ['a fraction', '$x', '1.50', '1.5'],
    ['a truth value', '$x', true, 'true'],
  ])('rule 4, v2: prints %s as Java does', (_, template, value, text) => {
    const body = `{"json":${typeof value === 'string' ? value : JSON.stringify(value)}}`;
    expect(textOf(`#set($x = $input.path("$.json"))${template}`, body)).toBe(text);
  });

  it.each([
    ["$.a['b c']", { a: { 'b c': 1 } }, '1'],
    ['$.a[1]', { a: [1, 2] }, '2'],
    ['$.a[-1]', { a: [1, 2, 3] }, '3'],
    ['$.a[1:]', { a: [1, 2, 3] }, '[2,3]'],
    ['$.a[*].b', { a: [{ b: 1 }, {}, { b: 2 }] }, '[1,2]'],
    ['$..b', { a: [{ b: 1 }, { c: { b: 2 } }] }, '[1,2]'],
    ['a.b', { a: { b: 1 } }, '1'],
  ])('leads to members, elements and many: %s', (path, body, text) => {
    expect(textOf(`$input.json("${path}")`, body)).toBe(text);
  });

  it('is followed in plain values too', () => {
    expect(evaluateJsonPath({ a: [{ b: 1 }, { b: 2 }] }, '$.a[*].b')).toEqual([1, 2]);
    expect(evaluateJsonPath({ a: 1 }, '$.b')).toBeUndefined();
  });

  it('that cannot be followed here is refused when the template is read', () => {
    for (const path of ['$.a[?(@.b)]', '$.a.length()', '$.a[']) {
      expect(() => readMappingTemplate(`$input.json('${path}')`, 'the template')).toThrow(
        /the template: JSONPath .*filters and functions do not run locally/,
      );
    }
  });
});

describe('$input.json', () => {
  it.each([
    ['nothing', '$.x', { a: 1 }, '""'],
    ['nothing in what is no JSON', '$.x', 'not json', '""'],
    ['null', '$.x', { x: null }, '""'],
  ])('rule 5, v4: of %s writes two quote characters', (_, path, body, text) => {
    expect(textOf(`$input.json('${path}')`, body)).toBe(text);
    expect(textOf(`#if($input.json('${path}') != "")differs#end`, body)).toBe('differs');
  });

  it('rule 5: may also write nothing of nothing, and null of null', () => {
    const answers = { jsonOfNothing: '', jsonOfNull: 'null' } as const;
    expect(textOf(`$input.json('$.x')`, {}, { answers })).toBe('');
    expect(textOf(`$input.json('$.x')`, { x: null }, { answers })).toBe('null');
  });

  it('rule 6: of an empty body writes an empty object, or what it writes of nothing', () => {
    expect(textOf(`$input.json('$')`, '')).toBe('{}');
    expect(textOf(`$input.json('$')`, '', { answers: { jsonOfEmptyBody: '""' } })).toBe('""');
  });

  it('rule 7: quotes text that does not begin as JSON does, which a path does not lead into', () => {
    expect(textOf(`$input.json('$')|$input.path('$')|$input.path('$.a')|`, 'a=b')).toBe('"a=b"|a=b||');
    expect(textOf(`$input.json('$')`, '12')).toBe('"12"');
  });

  it('rule 7: broken JSON fails the template', () => {
    for (const body of ['{"a":', '[1', '"open']) {
      expect(() => textOf(`$input.json('$')`, body)).toThrow('Could not parse request body into json');
    }
  });

  it.each([
    ['names without quotes', '{a: 1}', '{"a":1}'],
    ['single quotes', "{'a': 'it'}", '{"a":"it"}'],
    ['spare commas', '{"a":1,}', '{"a":1}'],
    ['spare commas in lists', '[1,2,]', '[1,2]'],
    ['texts without quotes', '{a: some text}', '{"a":"some text"}'],
    ['great numbers', '{"a":12345678901234567890}', '{"a":12345678901234567890}'],
    ['escapes', '{"a":"\\u00e9\\n\\"\\/"}', '{"a":"é\\n\\"/"}'],
  ])('rule 8: the body is read leniently: %s', (_, body, text) => {
    expect(textOf(`$input.json('$')`, body)).toBe(text);
  });

  it('rule 8: twice the same name, forms of numbers and slashes may come out either way', () => {
    const body = '{"a":1.0,"a":1e3,"t":"x/y"}';
    expect(textOf(`$input.json('$')`, body)).toBe('{"a":1e3,"t":"x/y"}');
    const answers = {
      duplicateMember: 'first',
      numbersInJson: 'as-java-prints',
      slashInJson: '\\/',
    } as const;
    expect(textOf(`$input.json('$')`, body, { answers })).toBe('{"a":1.0,"t":"x\\/y"}');
    expect(textOf(`$input.json('$.a')`, '{"a":12345678.5}', { answers })).toBe('1.23456785E7');
  });

  it('rule 11: writes what a template has changed in what a path gave', () => {
    const template = `#set($root = $input.path('$'))#set($root.b = "new")#set($root.a = {"c": [1]})$input.json('$')`;
    expect(textOf(template, { a: 1 })).toBe('{"a":{"c":[1]},"b":"new"}');
  });
});

describe('parameters', () => {
  const params = {
    path: { a: 'path' },
    querystring: { a: 'query', b: 'query' },
    header: { a: 'h', b: 'h', C: 'header' },
  };

  it('rule 9: are looked for in the path, the query, the headers, by their exact names', () => {
    const template = `$input.params('a') $input.params('b') $input.params('C') [$input.params('c')]`;
    expect(textOf(template, '', { params })).toBe('path query header []');
  });

  it('rule 9: are all there by kind, as the service’s own passthrough template asks for them', () => {
    const template = `#set($allParams = $input.params())
{ "params" : {
#foreach($type in $allParams.keySet())
    #set($params = $allParams.get($type))
"$type" : {
    #foreach($paramName in $params.keySet())
    "$paramName" : "$util.escapeJavaScript($params.get($paramName))"
        #if($foreach.hasNext),#end
    #end
}
    #if($foreach.hasNext),#end
#end
} }`;
    expect(JSON.parse(textOf(template, '', { params }))).toEqual({ params });
  });
});

it('rule 10: an object, or a function without its parentheses, prints {}', () => {
  expect(textOf('$input $util $input.json $util.urlEncode', '')).toBe('{} {} {} {}');
});

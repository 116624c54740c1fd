import { describe, expect, test } from 'vitest';
import { UsualEventReader } from '../../../src/wire/usual-event.ts';

const reader = new UsualEventReader();
const read = (text: string) => reader.read(Buffer.from(text, 'latin1').toString('base64'));

describe('the short way is taken', () => {
  test.each([
    [
      'an event with all its fields',
      '"type":"t","id":7,"values":{"x":-1.25,"y":0},"tags":{"site":"n","model":""}',
    ],
    ['one with a text for an id', '"id":"a-1"'],
    ['one with blanks as Python writes them', '"id": 7, "values": {"x": 1, "y": 2}'],
    ['one with words for values', '"values":{"on":true,"off":false,"x":null,"y":1}'],
    ['one with empty objects', '"values":{},"tags":{}'],
    ['one with a number of 15 digits', '"values":{"x":0.12345678901234}'],
  ])('by %s', (_, fields) => {
    expect(read(`{"source":"dev-1","time":5,${fields}}`)).toBeDefined();
  });

  test('and gives defaults for what is not sent', () => {
    expect(read('{"source":"dev-1","time":5}')).toEqual({
      source: 'dev-1',
      id: undefined,
      type: 'reading',
      time: 5,
      values: {},
      tags: {},
    });
  });

  test('by more events than texts are remembered, each with its own', () => {
    for (let turn = 0; turn < 2; turn += 1) {
      for (let at = 0; at < 20_000; at += 1) {
        expect(read(`{"source":"dev-${at}","time":5,"tags":{"t${at % 600}":"${at}"}}`)).toMatchObject({
          source: `dev-${at}`,
          tags: { [`t${at % 600}`]: String(at) },
        });
      }
    }
  });
});

describe('what is not plainly a valid event is left to the long way', () => {
  test.each([
    ['an unknown field', '"more":1'],
    ['a backslash', '"type":"a\\u0041"'],
    ['a character beyond ASCII', '"type":"\u00e9"'],
    ['DEL', '"type":"\x7f"'],
    ['a time as text', '"time":"2023-11-14T22:13:20Z"'],
    ['a number with an exponent', '"values":{"x":1e3}'],
    ['a number of 16 digits', '"values":{"x":0.123456789012345}'],
    ['a number with a leading zero', '"values":{"x":01}'],
    ['a number without digits behind the point', '"values":{"x":1.}'],
    ['a sign alone', '"values":{"x":-}'],
    ['__proto__ among the values', '"values":{"__proto__":1}'],
    ['__proto__ among the tags', '"tags":{"__proto__":"x"}'],
    ['a value without a name', '"values":{"":1}'],
    ['65 values', `"values":{${Array.from({ length: 65 }, (_, at) => `"v${at}":1`)}}`],
    ['17 tags', `"tags":{${Array.from({ length: 17 }, (_, at) => `"t${at}":""`)}}`],
    ['a comma at the end', '"id":7,'],
    ['white space that is no blank', '"id":\n7'],
    ['null', '"tags":null'],
    ['a value said twice, the second time to be absent', '"values":{"x":1,"x":null}'],
    ['a word that is none', '"values":{"x":nul}'],
    ['a value that is set aside', '"values":{"x":"1"}'],
  ])('%s', (_, fields) => {
    expect(read(`{"source":"dev-1","time":5,${fields}}`)).toBeUndefined();
  });

  test.each([
    ['nothing', ''],
    ['an empty object', '{}'],
    ['an array', '[{"source":"dev-1","time":5}]'],
    ['an event without a source', '{"time":5}'],
    ['an event without a time', '{"source":"dev-1"}'],
    ['an event cut short', '{"source":"dev-1","time":5'],
    ['something behind the event', '{"source":"dev-1","time":5}}'],
    ['more than 16 KB', `{"source":"dev-1","time":5${' '.repeat(20_000)}}`],
  ])('%s', (_, text) => {
    expect(read(text)).toBeUndefined();
  });

  test('what the record before it left behind', () => {
    const whole = '{"source":"dev-1","time":5,"id":7}';
    expect(read(whole)).toBeDefined();
    for (let length = 0; length < whole.length; length += 1)
      expect(read(whole.slice(0, length))).toBeUndefined();
  });

  test('base64 that is not whole', () => {
    const data = Buffer.from('{"source":"dev-1","time":5}').toString('base64');
    expect(reader.read(data)).toBeDefined();
    for (const damaged of [
      data.slice(0, -1),
      `${data.slice(0, 8)}!!!!${data.slice(8)}`,
      `${data.slice(0, -1)}=`,
    ]) {
      expect(reader.read(damaged)).toBeUndefined();
    }
  });
});

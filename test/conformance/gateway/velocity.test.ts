// Rules 12 to 19: templates are Velocity, over Java's values.
import fc from 'fast-check';
import { Compile, parse } from 'velocityjs';
import { describe, expect, it } from 'vitest';
import { javaMethods } from '../../../src/local-stack/gateway/java-methods.ts';
import { renderTemplate } from '../../../src/local-stack/gateway/mapping-template.ts';
import { readMappingTemplate } from '../../../src/local-stack/gateway/read-mapping-template.ts';
import { templateInput, textOf } from '../../support/render-template.ts';

const LIST = (length: number) => ({ l: Array.from({ length }, (_, i) => i) });

describe('a loop', () => {
  const COUNT = `#set($n = 0)#foreach($x in $input.path('$.l'))#set($n = $n + 1)#end$n`;

  it('rule 12: has at most 1,000 rounds, and ends then, or fails', () => {
    expect(textOf(COUNT, LIST(1_000))).toBe('1000');
    expect(textOf(COUNT, LIST(1_001))).toBe('1000');
    expect(() => textOf(COUNT, LIST(1_001), { answers: { loopBeyondLimit: 'fails' } })).toThrow(
      'at most 1000',
    );
    expect(textOf(COUNT, LIST(1_000), { answers: { loopBeyondLimit: 'fails' } })).toBe('1000');
  });

  it.each([
    ['a map’s values', `#foreach($v in $input.path('$'))$v,#end`, { a: 1, b: 2 }, '1,2,'],
    ['nothing', `[#foreach($v in $input.path('$.x'))$v#end]`, {}, '[]'],
    ['a text', `[#foreach($v in $input.path('$.x'))$v#end]`, { x: 'abc' }, '[]'],
    ['a range', '#foreach($i in [3..1])$i$foreach.index#if($foreach.hasNext),#end#end', '', '30,21,12'],
    ['until #break', '#foreach($i in [1..5])#if($i == 3)#break#end$i#end', '', '12'],
    [
      'loops in it',
      '#foreach($i in [1..2])#foreach($j in [1..2])$foreach.parent.count$j #end#end',
      '',
      '11 12 21 22 ',
    ],
  ])('goes through %s', (_, template, body, text) => {
    expect(textOf(template, body)).toBe(text);
  });

  it('gives its variable back', () => {
    expect(textOf('#set($i = "kept")#foreach($i in [1..2])$i#end $i', '')).toBe('12 kept');
  });
});

describe('what is not there', () => {
  it('rule 13, v5: an undefined variable is not unequal to the empty text', () => {
    expect(textOf(`#if($undefined != '')differs#{else}same#end`, '')).toBe('same');
  });

  it('rule 13: null is unequal to another text, or to none', () => {
    const template = `#if($input.path('$.x') != 'text')differs#{else}same#end`;
    expect(textOf(template, {})).toBe('differs');
    expect(textOf(template, {}, { answers: { nothingDiffersFromText: false } })).toBe('same');
  });

  it('rule 14: in $context prints nothing; a variable nobody has set prints as it is written, or nothing', () => {
    expect(textOf('[$context.nothing.at.all][$context.authorizer.x]', '')).toBe('[][]');
    expect(textOf(`[$mistyped][$!mistyped][\${mistyped.x}]`, '')).toBe(`[$mistyped][][\${mistyped.x}]`);
    expect(textOf('[$mistyped]', '', { answers: { unknownVariable: 'nothing' } })).toBe('[]');
  });

  it('has members and methods that are not there either', () => {
    expect(textOf(`[$input.path('$.x').y.z][$input.path('$.x').size()]`, {})).toBe('[][]');
  });
});

describe('values', () => {
  it.each([
    [`$input.path('$.l').size()`, { l: [1, 2] }, '2'],
    [`$input.path('$').keySet()`, { a: 1, b: 2 }, '[a, b]'],
    [`$input.path('$').get('a')`, { a: 'x' }, 'x'],
    [`$input.path('$.l').get(1)`, { l: [1, 2] }, '2'],
    [`#set($m = {})#set($x = $m.put("a", "b"))$m.get("a")`, '', 'b'],
    [
      `#set($t = "text")$t.length() $t.contains("ex") $t.startsWith("te") $t.concat("s")`,
      '',
      '4 true true texts',
    ],
    [`#set($t = "a1b22")$t.replaceAll("[0-9]+", "-") $t.replaceAll("([a-z])", "<$1>")`, '', 'a-b- <a>1<b>22'],
    [String.raw`#set($t = "a\'b")$t.replaceAll("\\'","'")`, '', `a'b`],
    [`#set($t = "a,b,,")$t.split(",").size()`, '', '2'],
    [`#set($l = ["a", 1, true])$l $l[0] $l[-1]`, '', '[a, 1, true] a true'],
    [`#set($m = {"a": 1, 'b': {"c": 2}})$m $m.b.c $m["a"]`, '', '{a=1, b={c=2}} 1 2'.replace('1 2', '2 1')],
    [`#foreach($e in $input.path('$').entrySet())$e.key=$e.value;#end`, { a: 1, b: 'c' }, 'a=1;b=c;'],
    [
      String.raw`$input.path('$.t').matches("(?i)[a-z]+") $input.path('$.t').replaceAll("\p{Lu}", "x")`,
      { t: 'aBc' },
      'true axc',
    ],
    ['#set($a = 7 / 2)$a #set($a = 7 % 2)$a #set($a = 2 * (3 + 1))$a', '', '3 1 8'],
    [`#set($n = 1)#set($s = "n is $n, \${n}0 #if($n == 1)one#end")$s`, '', 'n is 1, 10 one'],
    [`#set($s = 'no $n here')$s`, '', 'no $n here'],
    ['#set($s = "a ""quoted"" one")$s', '', 'a "quoted" one'],
    ['#if(1 == 1.0 && "1" == 1 && !(2 lt 1) and "a" ne "b")yes#end', '', 'yes'],
    ['#[[ $raw #if ]]#', '', ' $raw #if '],
    ['a##comment\nb#* more\n *#c', '', 'abc'],
    ['$ 5 # x $! a@b.c#d {$}', '', '$ 5 # x $! a@b.c#d {$}'],
    ['a#stop b', '', 'a'],
    [String.raw`#set($x = 1)\$x \$y`, '', String.raw`$x \$y`],
    ['#if(true)\nyes\n#else\nno\n#end\nend', '', 'yes\nend'],
  ])('rule 15: are Java’s, with their methods: %s', (template, body, text) => {
    expect(textOf(template, body)).toBe(text);
  });

  it.each([
    ['map.put', `$m.push(1)`],
    ['text', `$t.toJSON()`],
    ['$util', '$util.parse("x")'],
    ['$input', '$input.get("x")'],
    ['text, by a regular expression of Java alone', String.raw`$t.split("\Qa\E")`],
    ['$input, by a path in double quotes', '$input.path("$.a[?(@.b)]")'],
  ])('rule 15: a method that Java has not is refused when the template is read: of %s', (_, template) => {
    expect(() => readMappingTemplate(template, 'Method.Integration')).toThrow(
      /^Method\.Integration: .*found /,
    );
  });

  it.each([
    '#macro(f)x#end',
    '#define($x)y#end',
    '#parse("x")',
    '#include("x")',
    '#evaluate("x")',
    '#if($x)',
    '#foreach($x in)#end',
    '#set($x = )',
    '#if(true)#else x#elseif(true)#end',
    'x#end',
  ])('what is no template, or runs nowhere here, is refused when it is read: %s', (template) => {
    expect(() => readMappingTemplate(template, 'Method.Integration')).toThrow(
      /^Method\.Integration.*line 1: found /,
    );
  });

  it('rule 15: fails where Java would', () => {
    for (const template of [
      `$input.path('$.l').get(2)`,
      `#set($t = "abc")$t.substring(5)`,
      `#set($t = "a")$t.size()`,
    ]) {
      expect(() => textOf(template, LIST(2))).toThrow('mapping template');
    }
  });
});

describe('maps of $context', () => {
  it('rule 16: are written in four ways, and a lone call that returns null prints nothing', () => {
    const template = `#set($name = "c")
#set($context.responseOverride.header.a = 1)
#set($context.responseOverride.header["b"] = "2")
#set($context.responseOverride.header[$name] = "3")
$context.responseOverride.header.put("d", "4")|#set($context.responseOverride.status = 201)`;
    const { text, headers, status } = renderTemplate(template, templateInput(''));
    expect({ text: text.trim(), headers, status }).toEqual({
      text: '|',
      headers: { a: '1', b: '2', c: '3', d: '4' },
      status: 201,
    });
  });

  it('rule 17: take names with hyphens, or take them in quotes alone', () => {
    const dotted = '#set($context.responseOverride.header.Retry-After = "1")';
    const quoted = '#set($context.responseOverride.header["Retry-After"] = "1")';
    const read = (template: string, hyphensInNames: boolean) =>
      renderTemplate(template, templateInput({ 'a-b': 1, a: 2 }, { answers: { hyphensInNames } }));
    for (const hyphens of [true, false])
      expect(read(quoted, hyphens).headers).toEqual({ 'Retry-After': '1' });
    expect(read(dotted, true).headers).toEqual({ 'Retry-After': '1' });
    expect(() => read(dotted, false)).toThrow('without hyphens');
    const printing = `#set($x = $input.path('$'))$x.a-b`;
    expect([read(printing, true).text, read(printing, false).text]).toEqual(['1', '2-b']);
  });
});

it('rule 18: the empty text is true, or false; so are 0 and what is empty', () => {
  const template = `#if("")a#end#if(0)b#end#if([])c#end#if({})d#end#if($input.path('$.x'))e#end`;
  expect(textOf(template, {})).toBe('abcd');
  expect(textOf(template, {}, { answers: { truth: 'velocity-2' } })).toBe('');
});

it('rule 19: a template has at most 300 KB', () => {
  expect(() => readMappingTemplate('x'.repeat(300 * 1024))).not.toThrow();
  expect(() => readMappingTemplate('x'.repeat(300 * 1024 + 1), 'the template')).toThrow(
    'the template: found 307201 bytes',
  );
});

it('ends a template that would not', () => {
  const loops = '#foreach($a in [1..1000])'.repeat(4) + '#end'.repeat(4);
  expect(() => textOf(loops, '')).toThrow('steps');
});

it('agrees with velocityjs where both engines mean the same', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const word = fc.stringMatching(/^[a-z ]{0,6}$/);
  const operand = fc.oneof(
    name.map((n) => `$${n}`),
    fc.nat(9).map(String),
    fc.stringMatching(/^[a-z]{1,3}$/).map((t) => `'${t}'`),
  );
  const plain = fc.oneof(
    word,
    name.map((n) => `\${${n}}`),
    fc.tuple(name, operand).map(([n, value]) => `#set($${n} = ${value})`),
  );
  const around = (inner: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc.oneof(
      fc
        .tuple(operand, fc.constantFrom('==', '!='), operand, inner, inner)
        .map(
          ([left, operator, right, then, other]) =>
            `#if(${left} ${operator} ${right})${then}#{else}${other}#{end}`,
        ),
      fc.tuple(name, inner).map(([n, body]) => `#foreach($${n} in ['x', 2])${body}#{end}`),
      fc.array(fc.oneof(inner, plain), { maxLength: 3 }).map((parts) => parts.join('')),
    );
  const template = around(around(around(plain)));
  fc.assert(
    fc.property(template, (text) => {
      const whole = `#set($a = 1)#set($b = 'x')#set($c = 'text')${text}`;
      const theirs = new Compile(parse(whole), { customMethodHandlers: [javaMethods] }).render({});
      expect(textOf(whole, '')).toBe(theirs);
    }),
  );
});

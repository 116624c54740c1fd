// `$util` of a mapping template.
import { parseLenientJson } from './lenient-json.ts';
import type { OpenQuestions } from './open-questions.ts';
import { type HostMethod, HostObject, type JavaValue, printJava } from './vtl/java-values.ts';

export function utilVariable(answers: OpenQuestions): HostObject {
  return new HostObject({ methods: utilMethods(answers) });
}

export function utilMethods(answers: OpenQuestions): Readonly<Record<string, HostMethod>> {
  return {
    base64Encode: (value) => base64Of(value, answers),
    base64Decode: (value) => Buffer.from(textOf(value), 'base64').toString('utf8'),
    urlEncode: (value) => formEncode(textOf(value)),
    urlDecode: (value) => decodeURIComponent(textOf(value).replaceAll('+', ' ')),
    parseJson: (value) => parsed(textOf(value), answers),
    escapeJavaScript: (value) =>
      value === undefined ? answers.escapedNull : escapeJavaScript(printJava(value), answers),
  };
}

const textOf = (value: JavaValue) => (value === undefined ? '' : printJava(value));

function base64Of(value: JavaValue, { base64OfNoText }: OpenQuestions): string {
  if (typeof value === 'string') return Buffer.from(value).toString('base64');
  return base64OfNoText === 'nothing' ? '' : Buffer.from(printJava(value)).toString('base64');
}

/** As HTML forms do: everything but letters, digits and `.-*_` becomes percent-encoded UTF-8, a space a plus sign. */
function formEncode(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function parsed(text: string, { parsedNoJson, duplicateMember }: OpenQuestions): JavaValue {
  try {
    return parseLenientJson(text, { duplicateMember });
  } catch (error) {
    if (parsedNoJson === 'null') return undefined;
    throw error;
  }
}

/** Apache's StringEscapeUtils.escapeJavaScript: it escapes ' too, so the outcome is JavaScript and not JSON. */
function escapeJavaScript(text: string, { escapedSlash, escapesNonAscii }: OpenQuestions): string {
  return text.replace(/["'\\/\p{Cc}]|[^\x20-\x7e]/gu, (character) => {
    if (character === '/') return escapedSlash;
    const short = SHORT_ESCAPES[character];
    if (short !== undefined) return short;
    if (!escapesNonAscii && character.charCodeAt(0) > 0x7f) return character;
    return Array.from({ length: character.length }, (_, i) => {
      const hex = character.charCodeAt(i).toString(16).toUpperCase().padStart(4, '0');
      return `\\u${hex}`;
    }).join('');
  });
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "'": "\\'",
  '\\': '\\\\',
  '\b': '\\b',
  '\n': '\\n',
  '\t': '\\t',
  '\f': '\\f',
  '\r': '\\r',
};

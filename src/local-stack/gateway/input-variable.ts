// `$input` of a mapping template: the body, what paths lead to in it, and the request's parameters.
import { followJsonPath, javaAtPath } from './json-path.ts';
import { parseLenientJson } from './lenient-json.ts';
import type { OpenQuestions } from './open-questions.ts';
import {
  HostObject,
  type JavaMap,
  type JavaValue,
  printJava,
  toJavaMap,
  writeJson,
} from './vtl/java-values.ts';

export interface TemplateParameters {
  readonly path: Readonly<Record<string, string>>;
  readonly querystring: Readonly<Record<string, string>>;
  readonly header: Readonly<Record<string, string>>;
}

/** A body that begins as JSON but is not JSON: the service answers 400, before any template's own answer. */
export class BodyNotJson extends Error {
  override readonly name = 'BodyNotJson';
}

export function inputVariable(body: string, params: TemplateParameters, answers: OpenQuestions): HostObject {
  let read: { readonly root: JavaValue } | undefined;
  const rootOf = (): JavaValue => {
    read ??= { root: readBody(body, answers) };
    return read.root;
  };
  return new HostObject({
    methods: {
      json: (path) =>
        body.trim() === '' && path === '$' ? answers.jsonOfEmptyBody : jsonAt(rootOf(), path, answers),
      path: (path) => javaAtPath(rootOf(), printJava(path)),
      params: (name) => (name === undefined ? allParameters(params) : parameterOf(params, printJava(name))),
    },
    // An empty body is an empty object's text.
    properties: { body: body === '' ? '{}' : body },
  });
}

/** Text that does not begin as JSON does is a text by itself. */
function readBody(body: string, { duplicateMember }: OpenQuestions): JavaValue {
  const text = body.trim();
  if (text === '') return new Map();
  if (!/^[{["]/.test(text)) return body;
  try {
    return parseLenientJson(text, { duplicateMember });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BodyNotJson(`Could not parse request body into json: ${why}`, { cause: error });
  }
}

function jsonAt(root: JavaValue, path: JavaValue, answers: OpenQuestions): string {
  const { values } = followJsonPath(root, printJava(path));
  const found = javaAtPath(root, printJava(path));
  if (found === undefined) return values.length === 0 ? answers.jsonOfNothing : answers.jsonOfNull;
  return writeJson(found, { numbers: answers.numbersInJson, slash: answers.slashInJson });
}

function allParameters({ path, querystring, header }: TemplateParameters): JavaMap {
  return toJavaMap({ path, querystring, header });
}

/** Names are those of the request, capitals and all. */
function parameterOf({ path, querystring, header }: TemplateParameters, name: string): string {
  const found = [path, querystring, header].find((each) => Object.hasOwn(each, name));
  return found?.[name] ?? '';
}

// Runs a mapping template as API Gateway does: VTL with $input, $context, $stageVariables and $util.
import { Compile, parse } from 'velocityjs';
import { javaMethods } from './java-methods.ts';
import { evaluateJsonPath } from './json-path.ts';
import { LIKELY_ANSWERS, type OpenAnswers } from './open-answers.ts';

export interface TemplateInput {
  readonly body: string;
  readonly params: {
    readonly path: Readonly<Record<string, string>>;
    readonly querystring: Readonly<Record<string, string>>;
    readonly header: Readonly<Record<string, string>>;
  };
  readonly context: Readonly<Record<string, unknown>>;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly answers?: Partial<OpenAnswers>;
}

export interface Rendered {
  readonly text: string;
  /** What the template has set in `$context.responseOverride`. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Throws when the template cannot be run, or asks for something that API Gateway has and this has not. */
export function renderTemplate(template: string, input: TemplateInput): Rendered {
  const override: { status?: unknown; header: Record<string, unknown> } = { header: {} };
  const compile = new Compile(parsed(template), { customMethodHandlers: [javaMethods] });
  const text = compile.render({
    input: inputVariable(input),
    context: { ...input.context, responseOverride: override, requestOverride: {} },
    stageVariables: { ...input.stageVariables },
    util: UTIL,
  });
  return {
    text,
    status: override.status === undefined ? undefined : Number(override.status),
    headers: Object.fromEntries(
      Object.entries(override.header).map(([name, value]) => [name, String(value)]),
    ),
  };
}

/** Parsing costs twenty times the running. */
const parsedTemplates = new Map<string, ReturnType<typeof parse>>();

function parsed(template: string): ReturnType<typeof parse> {
  const known = parsedTemplates.get(template);
  if (known !== undefined) return known;
  const made = parse(template);
  parsedTemplates.set(template, made);
  return made;
}

function inputVariable({ body, params, answers }: TemplateInput): object {
  const { jsonOfNothing } = { ...LIKELY_ANSWERS, ...answers };
  let root: { readonly value: unknown } | undefined;
  const at = (path: string): unknown => {
    // An empty body is an empty object to API Gateway.
    root ??= { value: JSON.parse(body === '' ? '{}' : body) };
    return evaluateJsonPath(root.value, path);
  };
  return {
    body,
    /** JSON text of what the path leads to. */
    json: (path: string) => {
      const found = at(path);
      return found === undefined || found === null ? jsonOfNothing : JSON.stringify(found);
    },
    path: (path: string) => at(path),
    params: (name?: string) =>
      name === undefined
        ? params
        : (params.path[name] ?? params.querystring[name] ?? headerOf(params.header, name) ?? ''),
  };
}

function headerOf(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return Object.entries(headers).find(([each]) => each.toLowerCase() === wanted)?.[1];
}

const UTIL = {
  base64Encode: (text: unknown) => Buffer.from(String(text)).toString('base64'),
  base64Decode: (text: unknown) => Buffer.from(String(text), 'base64').toString('utf8'),
  urlEncode: (text: unknown) => encodeURIComponent(String(text)),
  urlDecode: (text: unknown) => decodeURIComponent(String(text)),
  parseJson: (text: unknown): unknown => JSON.parse(String(text)),
  escapeJavaScript,
};

/** Apache's StringEscapeUtils.escapeJavaScript: it escapes ' and / too, so the outcome is JavaScript and not JSON. */
function escapeJavaScript(text: unknown): string {
  return String(text).replace(/["'\\/\p{Cc}]|[^\x20-\x7e]/gu, (character) => {
    const short = SHORT_ESCAPES[character];
    if (short !== undefined) return short;
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
  '/': '\\/',
  '\b': '\\b',
  '\n': '\\n',
  '\t': '\\t',
  '\f': '\\f',
  '\r': '\\r',
};

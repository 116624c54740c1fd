// Runs a mapping template as API Gateway does: VTL with $input, $context, $stageVariables and $util.
import { inputVariable, type TemplateParameters } from './input-variable.ts';
import { LIKELY_ANSWERS, type OpenQuestions } from './open-questions.ts';
import { readMappingTemplate } from './read-mapping-template.ts';
import { type Overrides, readOverrides, templateContext } from './template-context.ts';
import { utilVariable } from './util-functions.ts';
import { type JavaMap, type JavaValue, toJavaMap } from './vtl/java-values.ts';
import { runTemplate } from './vtl/run-template.ts';

export interface TemplateInput {
  readonly body: string;
  readonly params: TemplateParameters;
  /** Plain values, or what `templateContext` has made of them: then a template finds there what the one before has set. */
  readonly context: Readonly<Record<string, unknown>> | JavaMap;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly answers?: Partial<OpenQuestions>;
}

export interface Rendered extends Overrides {
  readonly text: string;
}

/** Throws when the template cannot be run, or asks for something that API Gateway has and this has not. */
export function renderTemplate(template: string, input: TemplateInput): Rendered {
  const answers = { ...LIKELY_ANSWERS, ...input.answers };
  const context = input.context instanceof Map ? input.context : templateContext(input.context);
  const text = runTemplate(readMappingTemplate(template), {
    answers,
    silent: new Set([...context.values()].filter((value) => value instanceof Map)),
    variables: new Map<string, JavaValue>([
      ['input', inputVariable(input.body, input.params, answers)],
      ['context', context],
      ['stageVariables', toJavaMap(input.stageVariables)],
      ['util', utilVariable(answers)],
    ]),
  });
  return { text, ...readOverrides(context) };
}

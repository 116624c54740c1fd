// A mapping template over a body, with what else a test says of its input.
import { renderTemplate, type TemplateInput } from '../../src/local-stack/gateway/mapping-template.ts';

export function templateInput(body: unknown, more: Partial<TemplateInput> = {}): TemplateInput {
  return {
    body: typeof body === 'string' ? body : JSON.stringify(body),
    params: { path: {}, querystring: {}, header: {} },
    context: {},
    stageVariables: {},
    ...more,
  };
}

export const textOf = (template: string, body: unknown, more: Partial<TemplateInput> = {}): string =>
  renderTemplate(template, templateInput(body, more)).text;

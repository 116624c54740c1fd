// A CloudFormation template as the CDK writes it, reduced to what the local run looks at.
import { asObject, asText, ifPresent } from './property.ts';

export interface TemplateResource {
  readonly type: string;
  /** Unresolved: may hold intrinsic functions anywhere. */
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface CloudFormationTemplate {
  readonly resources: ReadonlyMap<string, TemplateResource>;
  /** Default values by name; undefined: the parameter has none. */
  readonly parameters: ReadonlyMap<string, unknown>;
  readonly outputs: ReadonlyMap<string, unknown>;
}

/** Throws when the JSON is no template. */
export function parseTemplate(json: unknown): CloudFormationTemplate {
  const template = asObject(json, 'the whole');
  return {
    resources: parseEach(template['Resources'], 'Resources', (resource, where) => ({
      type: asText(resource['Type'], `${where} Type`),
      properties: ifPresent(resource['Properties'], asObject, `${where} Properties`) ?? {},
    })),
    parameters: parseEach(template['Parameters'], 'Parameters', (parameter) => parameter['Default']),
    outputs: parseEach(template['Outputs'], 'Outputs', (output) => output['Value']),
  };
}

function parseEach<T>(
  section: unknown,
  name: string,
  parse: (entry: Readonly<Record<string, unknown>>, where: string) => T,
): ReadonlyMap<string, T> {
  const entries = Object.entries(ifPresent(section, asObject, name) ?? {});
  return new Map(entries.map(([id, entry]) => [id, parse(asObject(entry, id), id)]));
}

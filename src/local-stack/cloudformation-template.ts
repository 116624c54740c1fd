// A CloudFormation template as the CDK writes it, reduced to what the local run looks at.
import { asObject, asText, ifPresent } from './property.ts';

export interface TemplateResource {
  readonly type: string;
  /** Unresolved: may hold intrinsic functions anywhere. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** Name of the condition under which there is one. */
  readonly condition?: string | undefined;
}

export interface CloudFormationTemplate {
  readonly resources: ReadonlyMap<string, TemplateResource>;
  /** Default values by name; undefined: the parameter has none. */
  readonly parameters: ReadonlyMap<string, unknown>;
  readonly outputs: ReadonlyMap<string, unknown>;
}

/** @throws Error when the JSON is no template, or one that CloudFormation would first transform */
export function parseTemplate(json: unknown): CloudFormationTemplate {
  const template = asObject(json, 'the whole');
  asObject(template['Resources'], 'Resources');
  if (template['Transform'] !== undefined) {
    throw new Error(
      `template, Transform: found ${JSON.stringify(template['Transform'])}, expected none: nothing is transformed locally`,
    );
  }
  return {
    resources: parseEach(template['Resources'], 'Resources', (resource, where) => ({
      type: asText(resource['Type'], `${where} Type`),
      properties: ifPresent(resource['Properties'], asObject, `${where} Properties`) ?? {},
      condition: ifPresent(resource['Condition'], asText, `${where} Condition`),
    })),
    parameters: parseEach(template['Parameters'], 'Parameters', defaultOf),
    outputs: parseEach(template['Outputs'], 'Outputs', (output) => output['Value']),
  };
}

/** undefined for a parameter kept in the account's Parameter Store: there the default is the place of the value, not the value. */
function defaultOf({ Type, Default }: Readonly<Record<string, unknown>>): unknown {
  return typeof Type === 'string' && Type.startsWith('AWS::SSM::Parameter::') ? undefined : Default;
}

function parseEach<T>(
  section: unknown,
  name: string,
  parse: (entry: Readonly<Record<string, unknown>>, where: string) => T,
): ReadonlyMap<string, T> {
  const entries = Object.entries(ifPresent(section, asObject, name) ?? {});
  return new Map(entries.map(([id, entry]) => [id, parse(asObject(entry, id), id)]));
}

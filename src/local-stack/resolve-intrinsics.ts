// Resolves CloudFormation's intrinsic functions against local names. What cannot be resolved is an error with a place.
import type { CloudFormationTemplate } from './cloudformation-template.ts';
import { type LocalAccount, type LocalName, localName } from './local-names.ts';
import { asArray, asNumber, asObject, asText, isObject } from './property.ts';
import type { Ignored } from './unsupported.ts';

/** Gives the value with every function in it replaced; `where` names the place in errors. */
export type Resolve = (value: unknown, where: string) => unknown;

/** `ignored`: resources that refer to nothing here, by names that are made up; default: none. */
export function createResolver(
  template: CloudFormationTemplate,
  account: LocalAccount,
  ignored: Ignored = () => false,
): Resolve {
  const pseudo = pseudoParameters(account);

  const nameOf = namesOf(template, account, ignored);

  const ref = (id: string, where: string): unknown => {
    if (id === 'AWS::NoValue') return undefined;
    if (pseudo[id] !== undefined) return pseudo[id];
    if (!template.parameters.has(id)) return nameOf(id, `Ref ${id}`, where).ref;
    const value = template.parameters.get(id);
    if (value === undefined) throw unresolvable(`Ref ${id}`, where, 'the parameter has no default');
    return value;
  };

  const getAtt = (path: string, where: string): string => {
    const [logicalId = '', ...rest] = path.split('.');
    const reference = `Fn::GetAtt ${path}`;
    const { ref: name, attributes } = nameOf(logicalId, reference, where);
    const value = attributes[rest.join('.')];
    if (value !== undefined) return value;
    const resource = template.resources.get(logicalId);
    if (resource !== undefined && ignored(logicalId, resource)) return `${name}.${rest.join('.')}`;
    throw unresolvable(reference, where, `${logicalId} has no such attribute locally`);
  };

  const substitute = (argument: unknown, where: string): string => {
    const [text, variables] = typeof argument === 'string' ? [argument, {}] : asArray(argument, where);
    const own = asObject(resolve(variables, where), where);
    return asText(text, where).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`;
      if (own[name] !== undefined) return String(own[name]);
      return String(name.includes('.') ? getAtt(name, where) : ref(name, where));
    });
  };

  const call = (name: string, argument: unknown, where: string): unknown => {
    switch (name) {
      case 'Ref':
        return ref(asText(argument, where), where);
      case 'Fn::GetAtt':
        return getAtt(typeof argument === 'string' ? argument : asArray(argument, where).join('.'), where);
      case 'Fn::Sub':
        return substitute(argument, where);
      case 'Fn::Join': {
        const [separator, parts] = asArray(argument, where);
        return asArray(resolve(parts, where), where).join(asText(separator, where));
      }
      case 'Fn::Select': {
        const [index, list] = asArray(argument, where);
        return asArray(resolve(list, where), where)[asNumber(index, where)];
      }
      case 'Fn::Split': {
        const [separator, text] = asArray(argument, where);
        return asText(resolve(text, where), where).split(asText(separator, where));
      }
      default:
        throw unresolvable(name, where, 'this function is not known locally');
    }
  };

  const resolve: Resolve = (value, where) => {
    if (Array.isArray(value)) {
      return value.map((item) => resolve(item, where)).filter((item) => item !== undefined);
    }
    if (!isObject(value)) return value;
    const [only, ...others] = Object.entries(value);
    if (only !== undefined && others.length === 0 && (only[0] === 'Ref' || only[0].startsWith('Fn::'))) {
      return call(only[0], only[1], where);
    }
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, item]) => [key, resolve(item, `${where}.${key}`)] as const)
        .filter(([, item]) => item !== undefined),
    );
  };
  return resolve;
}

/** Gives a resource's local names, those that are made up for ignored ones among them; `reference` is for errors. */
function namesOf(template: CloudFormationTemplate, account: LocalAccount, ignored: Ignored) {
  return (logicalId: string, reference: string, where: string): LocalName => {
    const resource = template.resources.get(logicalId);
    if (resource !== undefined && ignored(logicalId, resource))
      return (
        localName(logicalId, resource, account) ?? {
          ref: `${account.stackName}-${logicalId}`,
          attributes: {},
        }
      );
    if (resource === undefined) throw unresolvable(reference, where, `there is no resource ${logicalId}`);
    const name = localName(logicalId, resource, account);
    if (name === undefined) {
      throw unresolvable(
        reference,
        where,
        `${logicalId} is a ${resource.type}, which has no local counterpart`,
      );
    }
    return name;
  };
}

function pseudoParameters({
  accountId,
  region,
  stackName,
}: LocalAccount): Readonly<Record<string, string | undefined>> {
  return {
    'AWS::AccountId': accountId,
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::StackName': stackName,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/local`,
    'AWS::URLSuffix': 'amazonaws.com',
  };
}

function unresolvable(reference: string, where: string, why: string): Error {
  return new Error(`template, ${where}: ${reference} cannot be resolved: ${why}`);
}

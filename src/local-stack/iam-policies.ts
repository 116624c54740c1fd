// What the template's roles and function permissions allow: a permission forgotten in the stack fails here as on AWS.
import { asArray, asObject, asText, ifPresent } from './property.ts';
import type { ResourceToRead } from './resource-to-read.ts';

export interface IamPolicies {
  /** Whether the service may take the role, and the role do the action on the resource. */
  roleAllows(request: RoleRequest): 'allowed' | 'denied' | 'not-trusted';
  /** Whether a function lets the service invoke it on behalf of the source. */
  functionAllows(request: {
    readonly functionArn: string;
    readonly service: string;
    readonly sourceArn: string;
  }): boolean;
}

export interface RoleRequest {
  readonly roleArn: string;
  readonly service: string;
  readonly action: string;
  readonly resourceArn: string;
}

interface Statement {
  readonly allows: boolean;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** Reads a policy when it is first asked for. */
export function createIamPolicies(ofType: (type: string) => readonly ResourceToRead[]): IamPolicies {
  const statements = new Map<string, readonly Statement[]>();
  const roleOf = (arn: string) => ofType('AWS::IAM::Role').find((role) => role.arn === arn);
  const statementsOf = (role: ResourceToRead): readonly Statement[] => {
    const known = statements.get(role.name);
    if (known !== undefined) return known;
    const inline = (ifPresent(role.property('Policies'), asArray, `${role.logicalId}.Policies`) ?? []).map(
      (policy) => asObject(policy, `${role.logicalId}.Policies`)['PolicyDocument'],
    );
    const attached = ofType('AWS::IAM::Policy')
      .filter(({ property, logicalId }) =>
        (ifPresent(property('Roles'), asArray, `${logicalId}.Roles`) ?? []).includes(role.name),
      )
      .map(({ property }) => property('PolicyDocument'));
    const read = [...inline, ...attached].flatMap((document) => statementsIn(document, role.logicalId));
    statements.set(role.name, read);
    return read;
  };
  return {
    roleAllows({ roleArn, service, action, resourceArn }) {
      const role = roleOf(roleArn);
      if (role === undefined || !trusts(role, service)) return 'not-trusted';
      const matching = statementsOf(role).filter(
        ({ actions, resources }) =>
          actions.some((pattern) => matchesWildcards(pattern.toLowerCase(), action.toLowerCase())) &&
          resources.some((pattern) => matchesWildcards(pattern, resourceArn)),
      );
      return matching.length > 0 && matching.every(({ allows }) => allows) ? 'allowed' : 'denied';
    },
    functionAllows: ({ functionArn, service, sourceArn }) =>
      ofType('AWS::Lambda::Permission').some(({ property, logicalId }) => {
        const source = ifPresent(property('SourceArn'), asText, `${logicalId}.SourceArn`);
        return (
          property('Action') === 'lambda:InvokeFunction' &&
          property('Principal') === service &&
          [functionArn, functionArn.split(':function:')[1]].includes(
            asText(property('FunctionName'), `${logicalId}.FunctionName`),
          ) &&
          (source === undefined || matchesWildcards(source, sourceArn))
        );
      }),
  };
}

/** IAM's wildcards: `*` is any text, `?` any character. */
export function matchesWildcards(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

function trusts(role: ResourceToRead, service: string): boolean {
  const where = `${role.logicalId}.AssumeRolePolicyDocument`;
  const document = asObject(role.property('AssumeRolePolicyDocument'), where);
  return listed(document['Statement']).some((each) => {
    const statement = asObject(each, where);
    const principal = ifPresent(statement['Principal'], asObject, where);
    return statement['Effect'] === 'Allow' && listed(principal?.['Service']).includes(service);
  });
}

function statementsIn(document: unknown, where: string): Statement[] {
  return listed(asObject(document, where)['Statement']).map((each) => {
    const statement = asObject(each, where);
    return {
      allows: statement['Effect'] === 'Allow',
      actions: listed(statement['Action']).map((action) => asText(action, where)),
      resources: listed(statement['Resource']).map((resource) => asText(resource, where)),
    };
  });
}

const listed = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

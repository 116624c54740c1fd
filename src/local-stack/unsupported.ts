// What a template has that a local run would pass over: it is named, and nothing starts.
import type { CloudFormationTemplate, TemplateResource } from './cloudformation-template.ts';
import { RuntimeError } from './runtime-error.ts';

/** By what a resource is meant: its logical id or its type. */
export type Ignored = (logicalId: string, resource: Pick<TemplateResource, 'type'>) => boolean;

/** @throws RuntimeError where an entry is no resource of the template: it may be misspelt */
export function ignoredIn({ resources }: CloudFormationTemplate, listed: readonly string[]): Ignored {
  for (const entry of listed) {
    const isThere = resources.has(entry) || [...resources.values()].some(({ type }) => type === entry);
    if (isThere) continue;
    const message = `ignore: found ${JSON.stringify(entry)}, expected the logical id or the type of a resource of the template`;
    throw new RuntimeError('unsupported', message);
  }
  return (logicalId, { type }) => listed.includes(logicalId) || listed.includes(type);
}

/** @throws RuntimeError that names every resource that does not run here and is not ignored */
export function refuseUnsupported(
  notRun: readonly { readonly logicalId: string; readonly type: string; readonly why?: string }[],
  ignored: Ignored,
): void {
  const refused = notRun.filter(({ logicalId, type }) => !ignored(logicalId, { type }));
  if (refused.length === 0) return;
  const lines = refused.map(({ logicalId, type, why }) => `  ${logicalId} (${type})${why ? `: ${why}` : ''}`);
  throw new RuntimeError(
    'unsupported',
    [
      'template: found resources that do not run locally:',
      ...lines,
      'Leave them out of the stack that is tested, or pass over them by `ignore`: logical ids or types.',
    ].join('\n'),
  );
}

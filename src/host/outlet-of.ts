// The outlet, where the stack has one: what it tells, and where messages are put.
import { OUTLET_SETTING, type OutletKind, readOutletChoice } from '../platform/outlet-choice.ts';
import { OutletMessages } from '../stores/outlet-messages.ts';
import type { FunctionHost } from './function-host.ts';

export interface Outlet {
  readonly messages: OutletMessages;
  readonly tells: ReadonlySet<OutletKind>;
}

/** undefined: there is none, and it costs nothing. */
export function outletOf({ table, option }: Pick<FunctionHost, 'table' | 'option'>): Outlet | undefined {
  const choice = option(OUTLET_SETTING);
  if (choice === undefined) return undefined;
  return { tells: readOutletChoice(choice), messages: new OutletMessages(table('outlet')) };
}

// What the HTTP door makes of a body in another form: the document, the route it came by, and the source of its token.
import { isObject, isSource } from '../../core/event-rules.ts';
import { memberText } from '../element-texts.ts';
import type { Origin } from './pending.ts';
import type { RecordFacts } from './scope.ts';

export interface RoutedDocument {
  readonly document: unknown;
  readonly origin: Origin;
  readonly route: string;
  readonly source: string;
}

/** undefined if it is no routed document: one has these three members and no others. */
export function routedDocument(value: unknown, origin: Origin): RoutedDocument | undefined {
  if (!isObject(value)) return undefined;
  const { document, route, source } = value;
  if (typeof route !== 'string' || document === undefined || !isSource(source)) return undefined;
  if (Object.keys(value).length > 3) return undefined;
  return { document, origin: () => memberText(origin(), 'document') ?? 'null', route, source };
}

/** The text of a part as the door would hand it on alone; a record that came another way is as it is. */
export function withRoute(text: string, { route, statedSource }: RecordFacts): string {
  if (route === undefined || statedSource === undefined) return text;
  return `{"document":${text},"route":${JSON.stringify(route)},"source":${JSON.stringify(statedSource)}}`;
}

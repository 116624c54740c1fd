// What a door makes of what it takes in another form: the document, the route it came by, and the source of its token. The HTTP door
// hands on JSON; the MQTT door does not look into payloads, and hands them on as a text of base64.
import { isObject, isSource } from '../../core/event-rules.ts';
import { memberText } from '../element-texts.ts';
import { utf8Text } from '../utf8-text.ts';
import type { Origin } from './pending.ts';
import type { RecordFacts } from './scope.ts';
import { plainBytes } from './unpack-text.ts';

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

/** The same of a text that is no JSON. */
export function routedText(text: string, record: RecordFacts): string {
  return withRoute(JSON.stringify(Buffer.from(text).toString('base64')), record);
}

/** The payload that a document encodes in base64; undefined if the document is no base64, or the payload no text. */
export function encodedText(document: string): string | undefined {
  if (!BASE64.test(document)) return undefined;
  const bytes = plainBytes(Buffer.from(document, 'base64'));
  return bytes === undefined ? undefined : utf8Text(bytes);
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

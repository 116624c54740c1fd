// A line of the access log, in the stage's own format.
import { contextValue } from './gateway-response.ts';

export function accessLine(format: string, context: Readonly<Record<string, unknown>>): string {
  return format
    .replace(/\$context\.([A-Za-z][\w.]*\w)/g, (_, path: string) => contextValue(context, path) || '-')
    .replaceAll('\n', ' ');
}

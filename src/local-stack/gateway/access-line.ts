// A line of the access log, in the stage's own format.
import { contextValue } from './gateway-response.ts';
import type { OpenQuestions } from './open-questions.ts';

export function accessLine(
  format: string,
  context: Readonly<Record<string, unknown>>,
  { unsetInAccessLog }: OpenQuestions,
): string {
  return format
    .replace(
      /\$context\.([A-Za-z][\w.]*\w)/g,
      (_, path: string) => contextValue(context, path) || unsetInAccessLog,
    )
    .replaceAll('\n', ' ');
}

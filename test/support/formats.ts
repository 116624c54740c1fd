// Shared samples of other forms lie beside the repository. A machine without them skips what needs them; CI does not.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the shared samples, undefined where they are absent. Throws in CI: a skipped law is no law. */
export function formatsFolder(): string | undefined {
  const folder = fileURLToPath(new URL('../../../shared/formats/', import.meta.url));
  if (existsSync(folder)) return folder;
  if (process.env['CI'] !== 'true') return undefined;
  throw new Error(`formats: found nothing at ${folder}, expected the shared samples, which CI must have`);
}

// The shared recordings lie beside the repository. A machine without them skips what needs them; CI does not.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the shared recordings, undefined where they are absent. Throws in CI: a skipped law is no law. */
export function recordingsFolder(): string | undefined {
  const folder = fileURLToPath(new URL('../../../shared/recordings/', import.meta.url));
  if (existsSync(folder)) return folder;
  if (process.env['CI'] !== 'true') return undefined;
  throw new Error(
    `recordings: found nothing at ${folder}, expected the shared recordings, which CI must have`,
  );
}

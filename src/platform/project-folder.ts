// Where the project lies: in a checkout around the sources, in an installed package around what was built of them too.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The nearest folder around this file that has a package.json. */
export function projectFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
  }
  throw new Error(`found no package.json in any folder around ${here}, expected the project's`);
}

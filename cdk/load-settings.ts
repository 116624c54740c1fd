import { loadDefinition } from './load-definition.ts';
import ownSettings from './settings.ts';

/** Without a file: the project's own, `cdk/settings.ts`. What they say is checked by `readSettings`. */
export async function loadSettings(file?: string): Promise<object> {
  return file === undefined ? ownSettings : await loadDefinition(file, 'settings');
}

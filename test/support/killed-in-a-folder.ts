// The `tidemill` command, which kills itself at a change in a folder: KILLED_IN names the folder, KILLED_AT which change, counted from 1.
// What it kills is told by nobody but the process itself, so that it is the same change each time, however busy the machine is.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const folder = process.env['KILLED_IN'] ?? '';
const last = Number(process.env['KILLED_AT']);
if (folder === '' || !(last >= 1)) throw new Error('expected KILLED_IN and KILLED_AT');

let changes = 0;
function change(path: unknown): void {
  if (!String(path).startsWith(folder)) return;
  changes += 1;
  if (changes === last) process.kill(process.pid, 'SIGKILL');
}

const { open, rename, link } = fs;
Object.assign(fs, {
  open: (...[path, flags, mode]: Parameters<typeof open>) => {
    if (String(flags).startsWith('w')) change(path);
    return open(path, flags, mode);
  },
  rename: (...[from, to]: Parameters<typeof rename>) => {
    change(to);
    return rename(from, to);
  },
  link: (...[from, to]: Parameters<typeof link>) => {
    change(to);
    return link(from, to);
  },
});
syncBuiltinESMExports();
await import('../../src/cli/tidemill.ts');

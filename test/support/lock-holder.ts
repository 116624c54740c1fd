// A process that has a folder's lock until it is killed.
import { lockFolder } from '../../producers/http/folder-lock.ts';

await lockFolder(process.argv[2] ?? '');
process.send?.('locked');
setInterval(() => {}, 60_000);

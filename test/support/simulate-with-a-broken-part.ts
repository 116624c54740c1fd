// `tidemill simulate` with a part that breaks a law. The command itself has no way to be told so: a process of its own it is.
import { simulateCommand } from '../../src/cli/simulate-command.ts';

await simulateCommand(new URL('./forgetful-aggregate.ts', import.meta.url)).parseAsync();

// A broken part as a module, for the threads of the simulation: what comes again is counted again.
import { BROKEN_PARTS } from './broken-parts.ts';

export const replacements = BROKEN_PARTS['an aggregate that does not look how far a source is folded in'];

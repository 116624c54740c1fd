// What the stack is given beside the pipeline: for all stages, and for each stage what differs. Every key is in docs/settings.md.
// Nothing in it: the stack is as it comes. `-c settings=FILE` reads another file, TypeScript or JSON.
import { defineSettings } from './settings/definition.ts';

export default defineSettings({});

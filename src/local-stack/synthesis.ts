// What a synth leaves that is to be run: the template, and where the code of its functions lies.
import type { CloudFormationTemplate } from './cloudformation-template.ts';

export interface Synthesis {
  readonly stackName: string;
  readonly template: CloudFormationTemplate;
  /** Folder of a function's code, by the `S3Key` the template names. */
  readonly codeFolders: ReadonlyMap<string, string>;
}

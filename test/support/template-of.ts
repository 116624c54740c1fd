import { rmSync } from 'node:fs';
import { type Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Template } from 'aws-cdk-lib/assertions';

/** The stack's template. What the CDK writes of it into a folder goes again; the stack is not to be synthesized twice. */
export function templateOf(stack: Stack): Template {
  return withoutLeavings(stack, Template.fromStack);
}

export function annotationsOf(stack: Stack): Annotations {
  return withoutLeavings(stack, Annotations.fromStack);
}

function withoutLeavings<T>(stack: Stack, read: (stack: Stack) => T): T {
  try {
    return read(stack);
  } finally {
    const folder = Stage.of(stack)?.outdir;
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

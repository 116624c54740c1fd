// What stands in place of what is not there: why, and what to do.
import type { ComponentChildren } from 'preact';

export function Notice({
  kind = 'plain',
  children,
}: {
  readonly kind?: 'plain' | 'trouble';
  readonly children: ComponentChildren;
}) {
  return (
    <p class={`notice ${kind}`} role={kind === 'trouble' ? 'status' : undefined}>
      {children}
    </p>
  );
}

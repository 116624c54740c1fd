import type { ComponentChildren } from 'preact';
import { type Route, writeRoute } from '../data/route.ts';

export function Link({
  to,
  children,
  ...rest
}: {
  readonly to: Route;
  readonly children: ComponentChildren;
  readonly class?: string;
}) {
  return (
    <a href={writeRoute(to)} {...rest}>
      {children}
    </a>
  );
}

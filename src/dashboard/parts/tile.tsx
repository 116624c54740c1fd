// A figure with its name.
import type { ComponentChildren } from 'preact';

export interface TileProps {
  readonly name: string;
  readonly children: ComponentChildren;
  /** What it is of, where that is not plain. */
  readonly note?: ComponentChildren;
  readonly tone?: 'good' | 'bad' | 'warn' | undefined;
}

export function Tile({ name, children, note, tone }: TileProps) {
  return (
    <div class={`tile ${tone ?? ''}`}>
      <dt>{name}</dt>
      <dd>
        <span class="figure">{children}</span>
        {note !== undefined && <span class="note">{note}</span>}
      </dd>
    </div>
  );
}

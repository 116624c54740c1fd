// How an alert stands: a shape and a word, and a colour for those who see it.
import type { AlertAnswer } from '../../wire/api/alert-answer.ts';

const SHAPES: Readonly<Record<AlertAnswer['status'], string>> = {
  firing: 'M8 1.5 15 14H1z',
  pending: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zm-.8 2.7v4.3l3 1.800.8-1.3-2.3-1.4V4.2z',
  resolved: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM7 11.2l4.5-5-1.2-1L6.9 9 5.400 7.6 4.3 8.7z',
  ok: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM7 11.2l4.5-5-1.2-1L6.9 9 5.400 7.6 4.3 8.7z',
};

export interface StatusProps {
  readonly status: AlertAnswer['status'];
  readonly severity: AlertAnswer['severity'] | undefined;
}

export function Status({ status, severity }: StatusProps) {
  const isCalling = status === 'firing' || status === 'pending';
  return (
    <span class={`status ${status} ${severity ?? ''}`}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <path d={SHAPES[status]} fill-rule="evenodd" />
      </svg>
      {status}
      {isCalling && severity !== undefined && <span class="severity">{severity}</span>}
    </span>
  );
}

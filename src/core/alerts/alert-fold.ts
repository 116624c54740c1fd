// What folding windows into an alert comes to.
import type { AlertState, KeptWindow } from './alert-state.ts';

export interface AlertFold {
  /** Undefined: the subject has none, and needs none. */
  readonly state: AlertState | undefined;
  /**
   * Whether it must be written. What a window of a source leaves as it was need not: judged again it does so again, and
   * an older one cannot come after it. Where one can (rollups, sessions), its place must be known.
   */
  readonly changed: boolean;
  /** Whether the same windows are to be folded in again after the write: it carries transitions enough. */
  readonly more: boolean;
  /** Windows further back than the rule reaches, which are not judged any more. One that comes again may be among them. */
  readonly beyond: readonly KeptWindow[];
}

// The result of folding windows into an alert.
import type { AlertState, KeptWindow } from './alert-state.ts';

export interface AlertFold {
  /** Undefined: the subject has no state, and needs none. */
  readonly state: AlertState | undefined;
  /**
   * Whether the state must be written. If a source's window left it unchanged, it need not be: judging that window again changes
   * nothing either, and no older window can follow. Where an older one can (rollups, sessions), the window's place must be stored.
   */
  readonly changed: boolean;
  /**
   * Whether to fold the same windows in again after the write, because this write already carries as many transitions as it may.
   */
  readonly more: boolean;
  /** Windows further back than the rule reaches, which are no longer judged. Redelivered windows may be among them. */
  readonly beyond: readonly KeptWindow[];
}

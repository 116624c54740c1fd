// Who has no token is asked for one.
import { useState } from 'preact/hooks';
import { isToken } from '../data/session.ts';

export interface TokenViewProps {
  /** The one there was is not good, or not any more. */
  readonly isRefused: boolean;
  readonly onToken: (token: string) => void;
}

export function TokenView({ isRefused, onToken }: TokenViewProps) {
  const [text, setText] = useState('');
  const [isWrong, setIsWrong] = useState(false);
  const submit = (event: Event) => {
    event.preventDefault();
    const token = text.trim();
    if (isToken(token)) onToken(token);
    else setIsWrong(true);
  };
  return (
    <main class="token">
      <h1>Tidemill</h1>
      {isRefused && (
        <p class="notice trouble" role="alert">
          The token was refused: it has expired, is revoked, or is not a reader’s.
        </p>
      )}
      <form onSubmit={submit} noValidate>
        <label for="token">A reader’s token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={text}
          aria-invalid={isWrong}
          aria-describedby="token-help"
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
            setIsWrong(false);
          }}
        />
        {isWrong && (
          <p class="notice trouble" role="alert">
            This is not a token: expected three parts separated by dots.
          </p>
        )}
        <p id="token-help" class="muted">
          <code>npx tidemill tokens issue --reader me</code> makes one. It is kept in this tab alone, until
          the tab is closed.
        </p>
        <button type="submit" class="primary">
          Open
        </button>
      </form>
    </main>
  );
}

// NaN and Infinity as Python and JavaScript's own printers write them into what is else JSON: as a number that is none, so that it is
// left out and counted at its place, and what stands beside it is taken. Letters hold that number too: they are JSON.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const WORD = /-?(?:NaN|Infinity)(?![\w"])/y;
/** Beyond what a number can be. */
const NO_NUMBER = '1e999';

/** undefined where there is none outside of the texts in it. */
export function withoutNan(text: string): string | undefined {
  if (!/NaN|Infinity/.test(text)) return undefined;
  let made = '';
  let kept = 0;
  let inText = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) inText = !inText;
    else if (inText && unit === BACKSLASH) at += 1;
    else if (!inText && BEGINNINGS.has(unit)) {
      WORD.lastIndex = at;
      const [word] = WORD.exec(text) ?? [];
      if (word === undefined) continue;
      made += text.slice(kept, at) + NO_NUMBER;
      kept = at + word.length;
      at = kept - 1;
    }
  }
  return kept === 0 ? undefined : made + text.slice(kept);
}

const BEGINNINGS: ReadonlySet<number> = new Set(['-', 'N', 'I'].map((letter) => letter.charCodeAt(0)));

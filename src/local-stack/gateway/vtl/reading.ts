// A place in a template's text, that moves on as the text is read.
import type { Parts } from './syntax.ts';

export class Reading {
  at = 0;
  readonly text: string;
  /** For errors. */
  readonly where: string;
  /** Reads texts in double quotes, which are templates themselves. */
  readonly parseText: (text: string, where: string) => Parts;

  constructor({ text, where, parseText }: Pick<Reading, 'text' | 'where' | 'parseText'>) {
    this.text = text;
    this.where = where;
    this.parseText = parseText;
  }

  get atEnd(): boolean {
    return this.at >= this.text.length;
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.at);
  }

  /** Moves on behind what a sticky pattern finds here. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  expect(pattern: RegExp, what: string): string {
    const found = this.take(pattern);
    if (found !== undefined) return found;
    throw this.refusal(what);
  }

  refusal(expected: string, at = this.at): Error {
    const line = this.text.slice(0, at).split('\n').length;
    const rest = this.text.slice(at, at + 30);
    const found = rest === '' ? 'its end' : JSON.stringify(rest);
    return new Error(`${this.where}, line ${line}: found ${found}, expected ${expected}`);
  }
}

// Lines of MQTT messages: `2026-03-01T08:00:00+0100 plant/line-1 {"t": 21.5}`, or without the time. A topic may hold spaces;
// it has at least two levels, and its payload is JSON or a number; or, behind a topic without spaces, one word: a state.
import { parseExactly } from './parse-exactly.ts';
import type { TextDocument } from './text-document.ts';
import { readTextLines } from './text-lines.ts';

const TIME =
  /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?|\d{10}(?:\.\d{1,9})?|\d{13})\]?:?\s+/;
const MESSAGE =
  /^([^\s{[][^{["]{0,255}?\/[^{["]{0,255}?)[:\s]\s*([[{].*|"[^"]*"|-?\d[\d.eE+-]*|true|false)$/s;
const STATE = /^([^\s/,;{["]{1,128}(?:\/[^\s/,;{["]{1,128}){1,15})\s+([A-Za-z][^\s,;]{0,63})$/;

export function readTopicLog(text: string, most: number): readonly TextDocument[] | undefined {
  return readTextLines(text, most, readMessage);
}

function readMessage(line: string): Readonly<Record<string, unknown>> | undefined {
  const time = TIME.exec(line);
  const message = line.slice(time?.[0].length ?? 0);
  const found = jsonMessage(message) ?? stateMessage(message);
  if (found === undefined) return undefined;
  return { ...found, ...(time?.[1] === undefined ? {} : { time: timeOf(time[1]) }) };
}

function jsonMessage(message: string): Message | undefined {
  const [, topic = '', body = ''] = MESSAGE.exec(message) ?? [];
  const payload = body === '' ? undefined : parsed(body);
  return payload === undefined ? undefined : { topic: topic.trim(), payload };
}

function stateMessage(message: string): Message | undefined {
  const [, topic, payload] = STATE.exec(message) ?? [];
  return topic === undefined || payload === undefined ? undefined : { topic, payload };
}

interface Message {
  readonly topic: string;
  readonly payload: unknown;
}

/** ms where the text counts seconds or ms. */
function timeOf(text: string): string | number {
  if (text.includes('-')) return text;
  return text.length === 13 && !text.includes('.') ? Number(text) : Math.round(Number(text) * 1000);
}

function parsed(text: string): unknown {
  try {
    return parseExactly(text).value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

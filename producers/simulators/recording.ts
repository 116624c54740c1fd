// Simulations as recordings: one event a line with its arrival time, in the order of arrival.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { SimulatedArrival } from './simulation.ts';

/** Each arrival as a line of JSON: the event, `arrivedAt` (ms since the epoch), and a line feed. */
export function* recordingLines(arrivals: Iterable<SimulatedArrival>): Generator<string, void, undefined> {
  for (const { atMs, event } of arrivals) yield `${JSON.stringify({ ...event, arrivedAt: atMs })}\n`;
}

/** Writes a recording, gzipped when the name ends in `.gz`. The arrivals must end. */
export async function writeRecording(file: string, arrivals: Iterable<SimulatedArrival>): Promise<void> {
  const lines = Readable.from(chunked(recordingLines(arrivals)));
  const target = createWriteStream(file);
  if (file.endsWith('.gz')) await pipeline(lines, createGzip(), target);
  else await pipeline(lines, target);
}

const CHUNK_CHARACTERS = 64 * 1024;

function* chunked(lines: Iterable<string>): Generator<string, void, undefined> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

// Notes of the runs of one container. It handles one run at a time.
import {
  type BeginNote,
  type CallNote,
  type EndNote,
  NOTE_PIECE_CHARS,
  type NotedAnswer,
  type NotedItem,
  type NotePiece,
  type Readings,
} from '../stores/run-note.ts';

/** A note, or a piece of one that is too long for a line. */
export type WriteNote = (note: object | NotePiece) => void;

export interface RunNotesDeps {
  readonly write: WriteNote;
  readonly nowMs: () => number;
  /** Names each run, unlike any other of any container. */
  readonly newName: () => string;
}

type NewNote =
  | Omit<BeginNote, 'run' | 'note' | 'atMs' | 'read'>
  | Omit<CallNote, 'run' | 'note' | 'atMs' | 'read'>
  | Omit<EndNote, 'run' | 'note' | 'atMs' | 'read'>;

/** Keys that a container remembers having seen: some 100 bytes each. Forgetting them has items noted once more. */
const MOST_KEYS = 100_000;

export class RunNotes {
  readonly #deps: RunNotesDeps;
  readonly #seen = new Set<string>();
  readonly #written = new Map<string, number>();
  #run = '';
  #calls = 0;
  #read = emptyReadings();

  constructor(deps: RunNotesDeps) {
    this.#deps = deps;
  }

  /** The run under way. */
  get current(): string {
    return this.#run;
  }

  begin(note: Omit<BeginNote, 'kind' | 'run' | 'note' | 'atMs' | 'read'>): string {
    this.#run = this.#deps.newName();
    this.#calls = 0;
    this.#read = emptyReadings();
    this.#written.clear();
    this.write(this.#run, { kind: 'begin', ...note });
    return this.#run;
  }

  nextCall(): number {
    this.#calls += 1;
    return this.#calls - 1;
  }

  now(nowMs: number): number {
    this.#read.nowMs.push(nowMs);
    return nowMs;
  }

  left(leftMs: number): number {
    this.#read.leftMs.push(leftMs);
    return leftMs;
  }

  shards(answer: NotedAnswer): void {
    this.#read.shards.push(answer);
  }

  tookItem(call: number, item: NotedItem): void {
    this.#read.items.push([call, item]);
  }

  /** Whether this container sees the item for the first time. */
  isNew(table: string, key: string): boolean {
    const name = `${table} ${key}`;
    if (this.#seen.has(name)) return false;
    if (this.#seen.size >= MOST_KEYS) this.#seen.clear();
    this.#seen.add(name);
    return true;
  }

  /** An answer that comes when its run has ended is none of a later one's. */
  write(run: string, note: NewNote): void {
    const number = this.#written.get(run) ?? 0;
    this.#written.set(run, number + 1);
    const atMs = this.#deps.nowMs();
    const text = JSON.stringify({ run, note: number, atMs, ...note, ...this.#takeReadings(run) });
    if (text.length <= NOTE_PIECE_CHARS) {
      this.#deps.write(JSON.parse(text));
      return;
    }
    const of = Math.ceil(text.length / NOTE_PIECE_CHARS);
    for (let piece = 0; piece < of; piece += 1) {
      const part = text.slice(piece * NOTE_PIECE_CHARS, (piece + 1) * NOTE_PIECE_CHARS);
      this.#deps.write({ run, note: number, piece, of, text: part });
    }
  }

  #takeReadings(run: string): { readonly read?: Readings } {
    if (run !== this.#run) return {};
    const taken = Object.entries(this.#read).filter(([, values]) => values.length > 0);
    this.#read = emptyReadings();
    return taken.length === 0 ? {} : { read: Object.fromEntries(taken) };
  }
}

function emptyReadings() {
  return {
    nowMs: [] as number[],
    leftMs: [] as number[],
    shards: [] as NotedAnswer[],
    items: [] as (readonly [number, NotedItem])[],
  };
}

// What a file that is no recording looks like, and what to do with it.
import { RecordingError } from '../wire/recording-error.ts';
import { OWN_FORM } from '../wire/shapes/read-shaped-file.ts';
import { lookAtFile } from './look-at-file.ts';
import { allShapes } from './shape-command.ts';

const LOOKED_AT = 200;

/** In words, to follow what was wrong; empty where the file cannot be read at all. */
export async function hintOfForm(
  { file, line = 1, code }: Pick<RecordingError, 'file' | 'line' | 'code'>,
  pipeline: object,
): Promise<string> {
  try {
    const look = await lookAtFile(file, {
      shapes: allShapes(pipeline),
      arrivalMs: Date.now(),
      most: LOOKED_AT,
    });
    const [shape] = look.shapes
      .filter(({ name }) => name !== OWN_FORM)
      .toSorted((a, b) => b.events - a.events);
    if (shape !== undefined)
      return `It looks like ${shape.name}: try --shape ${shape.name}, or look first: tidemill shape ${file}`;
    if (/^shape csv:/.test(look.reasons[0]?.example ?? '')) return csvHint(file);
    // The lines before it were read.
    if (look.events > 0 && line > 1 && code === 'malformed')
      return 'Is the recording cut short, or the line damaged?';
    if (look.events > 0)
      return `It holds events in Tidemill's own form, but not one a line: put each on a line of its own`;
    return `No built-in shape reads it; tidemill shape ${file} --guess proposes one of your own`;
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    // What is wrong has been said: no shape reads it either.
    return '';
  }
}

function csvHint(file: string): string {
  return `It looks like CSV with a header, whose columns the built-in shape does not know: tidemill shape ${file} --guess proposes a shape`;
}

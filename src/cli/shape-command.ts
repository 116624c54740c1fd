// What a shape makes of a file: a dry run, nothing is started and nothing is written.
import { Command } from 'commander';
import { loadPipeline } from '../../cdk/load-pipeline.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import { BUILT_IN_SHAPES } from '../core/shape/built-in-shapes.ts';
import { readShape } from '../core/shape/read-shape.ts';
import type { Shape } from '../core/shape/shape.ts';
import { guessShape } from '../wire/shapes/guess-shape.ts';
import { OWN_FORM, readDocuments } from '../wire/shapes/read-shaped-file.ts';
import { type FileLook, lookAtFile } from './look-at-file.ts';
import { moment } from './options.ts';
import { formatNumber } from './print-table.ts';
import { skippedLines } from './shape-lines.ts';
import { askedBy, shapesIn, withShape } from './with-shape.ts';

interface ShapeCommandOptions {
  readonly shape?: string;
  readonly pipeline?: string;
  readonly at?: number;
  readonly guess?: true;
  readonly json?: true;
}

export function shapeCommand(): Command {
  return new Command('shape')
    .description(
      'show how a shape reads a file in another form: its events, what is left out, what is doubtful',
    )
    .argument('<file>', 'data as devices, gateways or exporters send it, plain or gzip')
    .option('--shape <name>', 'a shape of the pipeline, or a built-in one (default: the first that matches)')
    .option('--pipeline <file>', 'pipeline definition, TypeScript or JSON (default: cdk/pipeline.ts)')
    .option(
      '--at <time>',
      'arrival time to use for events that state no time, if the shape asks for it',
      moment,
    )
    .option('--guess', 'print a proposed shape')
    .option('--json', 'one JSON object on stdout')
    .addHelpText('after', `\nBuilt-in shapes: ${[...BUILT_IN_SHAPES.keys()].join(', ')}.`)
    .action(runShape);
}

async function runShape(file: string, options: ShapeCommandOptions): Promise<void> {
  const pipeline = await loadPipeline(options.pipeline);
  if (options.guess) {
    await printGuess(file, options);
    return;
  }
  const shapes = withShape(pipeline, options.shape).shapes ?? allShapes(pipeline);
  const asked = askedBy(parsePipeline(pipeline));
  const look = await lookAtFile(file, { shapes, arrivalMs: options.at, ...asked });
  process.stdout.write(options.json ? `${JSON.stringify(look)}\n` : `${formatLook(file, look)}\n`);
  if (look.events === 0) process.exitCode = 1;
}

/** The pipeline's own first, as they are asked first in the stream; then every built-in one. */
export function allShapes(pipeline: object): readonly Shape[] {
  const reading = { problems: [], builtIn: BUILT_IN_SHAPES };
  const own = shapesIn(pipeline);
  const names = new Set(own);
  const definitions = [...own, ...[...BUILT_IN_SHAPES.keys()].filter((name) => !names.has(name))];
  return definitions.flatMap((definition, at) => readShape(definition, `shapes[${at}]`, reading) ?? []);
}

async function printGuess(file: string, options: ShapeCommandOptions): Promise<void> {
  const known = await lookWithArrival(file, options);
  const names = known.shapes.map(({ name }) => name).filter((name) => name !== OWN_FORM);
  // A built-in shape knows more of its form than any guess.
  if (names.length > 0 && 2 * known.refused < known.events && known.withoutValues < known.events) {
    process.stdout.write(`${JSON.stringify({ shapes: names }, null, options.json ? 0 : 2)}\n`);
    process.stderr.write(`\n${formatLook(file, known)}\n`);
    return;
  }
  if (names.length === 0 && known.events > known.refused) {
    process.stderr.write(
      `tidemill: ${file}: the file has events in Tidemill’s own form, which need no shape\n\n${formatLook(file, known)}\n`,
    );
    return;
  }
  const { documents, format } = await readDocuments(file, allShapes({}));
  const guess = guessShape(documents, format);
  if (guess === undefined) {
    process.stderr.write(
      `tidemill: ${file}: found ${formatNumber(documents.length)} documents of ${format} and no number in them, expected some to propose a shape\n`,
    );
    process.exitCode = 1;
    return;
  }
  const { definition, doubts } = guess;
  process.stdout.write(
    `${JSON.stringify(options.json ? guess : { shapes: [definition] }, null, options.json ? 0 : 2)}\n`,
  );
  for (const doubt of doubts) process.stderr.write(`look at ${doubt}\n`);
  const problems: string[] = [];
  const shape = readShape(definition, 'the proposal', { problems, builtIn: BUILT_IN_SHAPES });
  if (shape === undefined || problems.length > 0) throw new Error(problems.join('; '));
  const look = await lookAtFile(file, { shapes: [shape], arrivalMs: options.at });
  process.stderr.write(`\n${formatLook(file, look)}\n`);
}

/** What states no time would be refused to the last event; as records of a stream it has an arrival. */
async function lookWithArrival(file: string, { at }: ShapeCommandOptions): Promise<FileLook> {
  const shapes = allShapes({});
  const known = await lookAtFile(file, { shapes, arrivalMs: at });
  if (known.events > 0 || at !== undefined) return known;
  const look = await lookAtFile(file, { shapes, arrivalMs: Date.now() });
  if (look.events > 0)
    process.stderr.write(`tidemill: ${file}: no event states a time; --at TIME says when they arrived\n`);
  return look;
}

function formatLook(file: string, look: FileLook): string {
  const { shapes, events, refused, sources, withoutId, withoutValues, times, reasons, first, notTaken } =
    look;
  const line = (title: string, text: string) => `${title.padEnd(15)} ${text}`;
  const lines = [
    line('file', file),
    line(
      'shape',
      shapes.map(({ name, events: count }) => `${name} (${formatNumber(count)} events)`).join(', ') ||
        (refused > 0 ? 'none makes events of it; --guess proposes one' : 'none makes events of it'),
    ),
    line(
      'events',
      `${formatNumber(events)} of ${formatNumber(sources)} sources, ${formatNumber(refused)} refused`,
    ),
  ];
  if (times !== undefined) lines.push(line('times', `${times.first} to ${times.last}`));
  for (const { count, text } of look.suspicious)
    lines.push(line('look at', `${formatNumber(count)} ${text}`));
  if (withoutId > 0)
    lines.push(line('without id', `${formatNumber(withoutId)} events: sent twice they count twice`));
  if (withoutValues > 0) lines.push(line('without values', `${formatNumber(withoutValues)} events`));
  for (const { reason, count, example } of reasons.slice(0, 5))
    lines.push(line('refused', `${formatNumber(count)} ${reason}, e.g. ${example}`));
  lines.push(...skippedLines(notTaken));
  for (const event of first) lines.push(line('event', JSON.stringify(event)));
  return lines.join('\n');
}

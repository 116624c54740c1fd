// Names of generations: a part of the names of tables, which take letters, digits, `-`, `.` and `_`.

/** Name of the generation whose tables the stack itself has. */
export const FIRST_GENERATION = 'first';

/** The tables that each generation has its own of. */
export const GENERATION_TABLES = ['sources', 'windows', 'deadLetters', 'alerts', 'readers'] as const;

/** undefined: it is one; else what is wrong with it. */
export function problemOfGenerationName(name: string): string | undefined {
  if (name === FIRST_GENERATION)
    return `found ${FIRST_GENERATION}, which the stack's own tables are called, expected another name`;
  if (/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) return undefined;
  return `found ${JSON.stringify(name)}, expected 1 to 32 small letters, digits and hyphens, such as hourly-2`;
}

/** The name of a generation's table, by that of the stack's own. */
export function generationTable(table: string, generation: string): string {
  return generation === FIRST_GENERATION ? table : `${table}-${generation}`;
}

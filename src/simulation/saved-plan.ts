// A plan as a file: what it broke and why it is worth keeping, and the plan, a line for each record, action and fault.
import { makePlan } from './make-plan.ts';
import { PLAN_FORMAT, type Plan } from './plan.ts';

export interface SavedPlan {
  /** A word about the bug it found. */
  readonly found: string;
  /** The law it broke then. */
  readonly law: string;
  readonly plan: Plan;
}

export function formatSavedPlan({ found, law, plan }: SavedPlan): string {
  const fields = Object.entries(plan).map(([name, value]) => {
    const isList = Array.isArray(value) && value.length > 0 && typeof value[0] === 'object';
    const text = isList
      ? `[\n${value.map((each) => `      ${JSON.stringify(each)}`).join(',\n')}\n    ]`
      : JSON.stringify(value);
    return `    ${JSON.stringify(name)}: ${text}`;
  });
  const head = `  "found": ${JSON.stringify(found)},\n  "law": ${JSON.stringify(law)},`;
  return `{\n${head}\n  "plan": {\n${fields.join(',\n')}\n  }\n}\n`;
}

/** @throws Error for a text that is no saved plan, or one of another format */
export function parseSavedPlan(text: string, where: string): SavedPlan {
  let saved: Partial<SavedPlan> | null;
  try {
    saved = JSON.parse(text);
  } catch (error) {
    throw new Error(`${where}: found no JSON, expected a saved plan`, { cause: error });
  }
  const format = saved?.plan?.format;
  if (saved?.plan === undefined || format !== PLAN_FORMAT) {
    const found = format === undefined ? 'no plan' : `a plan of format ${format}`;
    throw new Error(`${where}: found ${found}, expected a plan of format ${PLAN_FORMAT}`);
  }
  // Not every plan has one.
  const { auditEveryMs: _, ...required } = makePlan(0);
  for (const [name, example] of Object.entries(required)) {
    const value: unknown = new Map(Object.entries(saved.plan)).get(name);
    if (shapeOf(value) === shapeOf(example)) continue;
    throw new Error(`${where}: found ${shapeOf(value)} for plan.${name}, expected ${shapeOf(example)}`);
  }
  return { found: saved.found ?? '', law: saved.law ?? '', plan: saved.plan };
}

function shapeOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

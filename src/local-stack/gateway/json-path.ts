// The part of JSONPath that mapping templates use: `$`, members, indexes and `[*]`.

/** Undefined: the path leads nowhere. A path with `[*]` gives a list, of those elements it leads somewhere in. */
export function evaluateJsonPath(root: unknown, path: string): unknown {
  if (!path.startsWith('$')) throw new Error(`JSONPath: found ${path}, expected it to begin with $`);
  let found: readonly unknown[] = [root];
  let many = false;
  const steps = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']*)'\]|\[(\*)\]|\.(\*)/y;
  steps.lastIndex = 1;
  while (steps.lastIndex < path.length) {
    const at = steps.lastIndex;
    const step = steps.exec(path);
    if (step === null)
      throw new Error(`JSONPath: found ${path.slice(at)}, expected a member, an index or [*]`);
    const [, member, index, quoted, star, dotStar] = step;
    if (star !== undefined || dotStar !== undefined) {
      many = true;
      found = found.flatMap((value) =>
        typeof value === 'object' && value !== null ? Object.values(value) : [],
      );
    } else {
      found = found.flatMap((value) => memberOf(value, member ?? quoted ?? Number(index)));
    }
  }
  return many ? found : found[0];
}

function memberOf(value: unknown, key: string | number): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value) !== (typeof key === 'number')) return [];
  const member = Object.getOwnPropertyDescriptor(value, key);
  return member === undefined ? [] : [member.value];
}

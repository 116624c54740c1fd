/** The module beside another, by name: TypeScript in a checkout, JavaScript in a package that was built. */
export function siblingOf(url: string, name: string): URL {
  return new URL(`./${name}${url.endsWith('.ts') ? '.ts' : '.js'}`, url);
}

// Routes of the HTTP door that shapes ask for. The definition is checked elsewhere; here it may be anything.
import { isObject } from '../src/core/event-rules.ts';
import { ROUTE } from '../src/core/shape/read-condition.ts';

/** Each once, in order of their names. */
export function routesIn(pipeline: object): readonly string[] {
  const shapes = 'shapes' in pipeline && Array.isArray(pipeline.shapes) ? pipeline.shapes : [];
  const conditions = shapes.filter(isObject).flatMap(({ when }) => (Array.isArray(when) ? when : [when]));
  const routes = conditions.filter(isObject).map(({ route }) => route);
  return [
    ...new Set(routes.filter((route) => typeof route === 'string' && ROUTE.test(route))),
  ].sort() as string[]; // filtered
}

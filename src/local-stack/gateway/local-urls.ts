// URLs of the stack's APIs, as the template makes them, made those of the local gateway.
import type { LocalSystem } from '../template.ts';

/** In the functions' environments and in the outputs; mappings and schedules get the functions so changed. */
export function withLocalUrls(system: LocalSystem, gatewayUrl: string): LocalSystem {
  const functions = new Map(
    system.functions.map((fn) => {
      const environment = Object.entries(fn.environment).map(([name, value]) => [
        name,
        toLocalUrls(value, gatewayUrl),
      ]);
      return [fn.arn, { ...fn, environment: Object.fromEntries(environment) }];
    }),
  );
  const changed = <T extends { readonly fn: LocalSystem['functions'][number] }>(each: T): T => ({
    ...each,
    fn: functions.get(each.fn.arn) ?? each.fn,
  });
  return {
    ...system,
    functions: [...functions.values()],
    mappings: system.mappings.map(changed),
    schedules: system.schedules.map(changed),
    outputs: new Map([...system.outputs].map(([name, value]) => [name, toLocalUrls(value, gatewayUrl)])),
  };
}

/** `https://<api id>.execute-api.…`, `wss://…` and `https://….cloudfront.net` become the gateway's; other text stays. */
export function toLocalUrls(text: string, gatewayUrl: string): string {
  return text.replace(
    /\b(https|wss):\/\/[a-z0-9]+\.(?:execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?|cloudfront\.net)/g,
    (_, scheme: string) => (scheme === 'wss' ? gatewayUrl.replace(/^http/, 'ws') : gatewayUrl),
  );
}

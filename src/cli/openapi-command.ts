import { Command } from 'commander';

export function openapiCommand(): Command {
  return new Command('openapi')
    .description('print the OpenAPI document of the API and the HTTP door')
    .option('--pipeline <file>', 'pipeline definition, TypeScript or JSON (default: cdk/pipeline.ts)')
    .addHelpText(
      'after',
      `
Prints the document that a running system serves at /v1/openapi.json, without starting anything: use it to generate clients, or to see what the
API answers. It contains the HTTP door's routes for the pipeline's shapes.

  tidemill openapi > openapi.json`,
    )
    .action(async (options: { readonly pipeline?: string }) => {
      const [{ openApiDocument }, { routesIn }, { loadPipeline }, { MAX_EVENTS_PER_REQUEST }] =
        await Promise.all([
          import('../wire/api/openapi.ts'),
          import('../../cdk/routes-in.ts'),
          import('../../cdk/load-pipeline.ts'),
          import('../platform/door.ts'),
        ]);
      const routes = routesIn(await loadPipeline(options.pipeline));
      const document = openApiDocument({ routes, maxEvents: MAX_EVENTS_PER_REQUEST });
      process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    });
}

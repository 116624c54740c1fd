import { Command } from 'commander';

export function openapiCommand(): Command {
  return new Command('openapi')
    .description('print the OpenAPI document of the query API')
    .addHelpText(
      'after',
      `
The same document that a running system serves at /v1/openapi.json: for generating clients, and for looking at what the
API answers without starting anything.

  tidemill openapi > openapi.json`,
    )
    .action(async () => {
      const { openApiDocument } = await import('../wire/api/openapi.ts');
      process.stdout.write(`${JSON.stringify(openApiDocument(), null, 2)}\n`);
    });
}

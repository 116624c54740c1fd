// Does one step of a rebuild, which the environment names, by the function's own handler; exit code 1 where it fails, with why on stderr.
const UNLIMITED = { getRemainingTimeInMillis: () => Number.POSITIVE_INFINITY };

try {
  // Beside it in the image.
  const { handler } = await import(new URL('./consumers/rebuild/handler.mjs', import.meta.url).href);
  const { TIDEMILL_REBUILD_STEP: step, TIDEMILL_REBUILD_REQUEST: request } = process.env;
  process.stdout.write(
    `${JSON.stringify(await handler({ ...JSON.parse(request ?? 'null'), step }, UNLIMITED))}\n`,
  );
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

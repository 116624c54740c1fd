// A function that is never done with loading.
await new Promise(() => setInterval(() => {}, 1_000));

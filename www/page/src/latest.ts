/** Runs one at a time and, when it is done, once more if something came in between. */
export function latest(run: () => Promise<void>): () => void {
  let busy = false;
  let again = false;
  const next = async (): Promise<void> => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    await run();
    busy = false;
    if (again) {
      again = false;
      await next();
    }
  };
  return () => void next();
}

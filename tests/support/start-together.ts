interface Closable {
  close(): Promise<void>;
}

/** Waits for what starts side by side. If one fails to start, closes the others before it rejects. */
export async function startTogether<Started extends readonly Closable[]>(
  ...starting: { [Index in keyof Started]: Promise<Started[Index]> }
): Promise<Started> {
  try {
    return (await Promise.all(starting)) as unknown as Started;
  } catch (error) {
    for (const start of await Promise.allSettled<Closable>(starting)) {
      if (start.status === 'fulfilled') await start.value.close();
    }
    throw error;
  }
}

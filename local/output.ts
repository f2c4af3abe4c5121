/** Lets a command finish, with its own exit code, although the reader of its output has gone, as `head` does after some lines. */
export function outliveReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

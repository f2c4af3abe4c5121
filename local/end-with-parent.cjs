// For `node --require`, ahead of everything else: ends this process when the process that started it has ended. `npm` may pass no signal on.
// Node reads the parent's id on each access, so it has to be noted before the parent can be gone.
const parent = process.ppid;

setInterval(() => {
  if (process.ppid !== parent && !process.emit('SIGTERM')) process.exit(143);
}, 500).unref();

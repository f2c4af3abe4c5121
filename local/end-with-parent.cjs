// For `node --require`, ahead of everything else: ends this process when the process that started it has ended. `npm` may pass no signal on.
const { readFileSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

// Node reads the parent's id on each access, so it has to be noted before the parent can be gone.
const parent = process.ppid;

const end = () => process.emit('SIGTERM') || process.exit(143);

// Node requires this file in each thread too. If the thread that loads modules ended first, `process.exit` would never return.
if (isMainThread) endWithParent();

function endWithParent() {
  // Process 1 adopts orphans. It is the real parent only in a container whose command is `npm`.
  if (parent === 1 && process.env.npm_lifecycle_event && !isNpmFirst()) end();

  setInterval(() => {
    if (process.ppid !== parent) end();
  }, 500).unref();
}

function isNpmFirst() {
  try {
    return readFileSync('/proc/1/cmdline', 'utf8').includes('npm');
  } catch {
    return false;
  }
}

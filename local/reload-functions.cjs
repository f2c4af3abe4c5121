// For `node --require` in the server of `npm run dev`: forgets the Functions that were loaded, so that the next request loads them again.
// What other modules keep in memory stays.
const { realpathSync } = require('node:fs');
const { sep } = require('node:path');

process.on('message', ({ reload }) => {
  const folder = realpathSync(reload) + sep;
  for (const file of Object.keys(require.cache)) if (file.startsWith(folder)) delete require.cache[file];
  process.send('reloaded');
});

// The server must not outlive the process that rebuilds.
process.once('disconnect', () => process.exit());

const { appendFileSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { createEmptyTestResult } = require('@jest/test-result');
const { default: circus } = require('jest-circus/runner');

// To load a file of tests takes longer than most of its tests, and Stryker's runner loads all files for each mutant. This one
// leaves out a file that has no test for the mutant, and what comes after the first failure, which has killed it; jest has
// no other way to stop there that Stryker could use (jest issue 11766).

/** The mutant that a test has failed on. */
let killed;
/** The names of the tests, by file, as the first run, without a mutant, has written them down. */
let namesByFile;

module.exports = async (globalConfig, config, environment, runtime, testPath, ...rest) => {
  const listFile = join(config.rootDir, '.test-names');
  const mutant = process.env.__STRYKER_ACTIVE_MUTANT__;
  if (mutant === undefined) {
    const result = await circus(globalConfig, config, environment, runtime, testPath, ...rest);
    appendFileSync(listFile, `${JSON.stringify([testPath, result.testResults.map(({ fullName }) => fullName)])}\n`);
    return result;
  }
  namesByFile ??= new Map(readFileSync(listFile, 'utf8').trim().split('\n').map(JSON.parse));
  const wanted = new RegExp(globalConfig.testNamePattern ?? '', 'i');
  if (killed === mutant || !namesByFile.get(testPath).some((name) => wanted.test(name))) return leftOut(testPath);

  const handleTestEvent = environment.handleTestEvent;
  environment.handleTestEvent = async (event, state) => {
    await handleTestEvent?.call(environment, event, state);
    if (event.name === 'test_start' && killed === mutant) event.test.mode = 'skip';
    if (event.name === 'test_done' && event.test.errors.length > 0) killed = mutant;
  };
  return circus(globalConfig, config, environment, runtime, testPath, ...rest);
};

// jest takes a file without a test for a mistake.
const leftOut = (testFilePath) => ({
  ...createEmptyTestResult(),
  testFilePath,
  numPendingTests: 1,
  testResults: [{ title: '', fullName: '', ancestorTitles: [], status: 'pending', failureMessages: [] }],
});

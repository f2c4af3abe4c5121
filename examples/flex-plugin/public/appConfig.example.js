// Copy this file to appConfig.js, which configures Flex UI on your machine.
// biome-ignore lint/correctness/noUnusedVariables: Flex UI reads this global variable.
var appConfig = {
  pluginService: {
    enabled: true,
    url: '/plugins',
  },
  logLevel: 'info',
};

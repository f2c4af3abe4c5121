// Flex Plugins reads this file. The example changes nothing.
module.exports = (config) => config;

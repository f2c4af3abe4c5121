// The lower bound: the smallest handler that the platform accepts.
exports.handler = (_context, _event, callback) => callback(null, '');

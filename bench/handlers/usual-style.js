// The comparison: a lookup as Functions for Flex are commonly written, with the `twilio` client, `axios` and
// `functionValidator`, deployed unbundled. Only its loading is measured; it is never called.
const twilio = require('twilio');
const axios = require('axios');
const { functionValidator } = require('twilio-flex-token-validator');

exports.handler = functionValidator(async (context, event, callback) => {
  const response = new Twilio.Response();
  response.appendHeader('Content-Type', 'application/json');
  try {
    const client = twilio(context.ACCOUNT_SID, context.AUTH_TOKEN);
    const { flexInstanceSid } = await client.flexApi.v1.configuration().fetch();
    const { data } = await axios.get(`https://flex-api.twilio.com/v4/Instances/${flexInstanceSid}/Users`, {
      params: { Username: event.username },
      auth: { username: context.ACCOUNT_SID, password: context.AUTH_TOKEN },
    });
    response.setBody(data.users[0]);
  } catch (error) {
    response.setStatusCode(error.response?.status ?? 500);
    response.setBody({ message: error.message });
  }
  callback(null, response);
});

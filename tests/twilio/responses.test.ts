import { refusalOf } from '../../src/twilio/responses';
import { toUpstreamResponse } from '../../src/upstream/response';

const REQUEST_ID = `RQ${'0'.repeat(32)}`;
const refusal = (text: string, requestId?: string) => refusalOf(toUpstreamResponse(404, text, () => requestId));

it('reports the parts of Twilio’s refusal that Twilio Support needs', () => {
  expect(refusal('{"code":20404,"message":"no"}', REQUEST_ID)).toStrictEqual({
    status: 404,
    code: 20404,
    request_id: REQUEST_ID,
  });
  expect(refusal('{"code":20404}')).toStrictEqual({ status: 404, code: 20404 });
  for (const text of ['{"code":"20404"}', '{}', 'null', '[]', '<html>', '']) {
    expect(refusal(text)).toStrictEqual({ status: 404 });
  }
});

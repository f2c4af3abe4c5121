import { startService } from '../../local/running-service';
import { post } from '../support/http';

const LISTED = 'https://app.example.com';

it('the platform responds to a preflight, and allows Authorization and Content-Type', async () => {
  const service = await startService({ ALLOWED_ORIGINS: LISTED });
  try {
    const preflight = await fetch(`${service.origin}/mint`, { method: 'OPTIONS', headers: { Origin: LISTED } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/Authorization.*Content-Type/);
    const answer = await post(service, '/mint', {}, { headers: { Origin: LISTED } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(LISTED);
  } finally {
    await service.close();
  }
});

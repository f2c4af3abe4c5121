// The comparison: the sign-in as it is commonly written, following the outline in Twilio's documentation as far as it works,
// with one script for everything. `ACCOUNT_SID` is put in by the bundling.
import { createClient, exchangeToken, getAuthenticationConfig, getLoginDetails } from '@twilio/flex-sdk';

const LOGIN_DETAILS_KEY = 'LOGIN_DETAILS';

async function signIn() {
  const code = new URLSearchParams(window.location.search).get('code');
  const storedLoginDetails = localStorage.getItem(LOGIN_DETAILS_KEY);
  if (code && storedLoginDetails) {
    const { codeVerifier, nonce, ssoProfileSid } = JSON.parse(storedLoginDetails);
    const { accessToken, refreshToken } = await exchangeToken({ code, codeVerifier, nonce, ssoProfileSid });
    return createClient(accessToken, {
      session: { autoUpdateToken: true, refreshToken, ssoProfileSid },
      // As on the other page.
      telemetryOptions: { disabled: true },
    });
  }

  const { configList } = await getAuthenticationConfig({ accountSid: ACCOUNT_SID });
  const { clientId, ssoProfileSid } = configList.find(({ active }) => active);
  const redirectUrl = window.location.origin + window.location.pathname;
  const loginDetails = getLoginDetails({ clientId, ssoProfileSid, redirectUrl });
  localStorage.setItem(LOGIN_DETAILS_KEY, JSON.stringify({ ...loginDetails, ssoProfileSid }));
  window.location.href = loginDetails.loginUrl;
}

void signIn().then((client) => {
  if (client === undefined) return;
  document.getElementById('status').textContent = 'Signed in';
  window.dispatchEvent(new Event('signed-in'));
});

import net from 'node:net';
import tls from 'node:tls';

/**
 * From now on leads every TLS connection of this process, wherever it should go, to a port of this machine, without encryption.
 *
 * That is the lowest place that `fetch` and `https` have in common, so all above it runs as it does against Twilio, and what is
 * measured against it differs by nothing but a handshake. No request can reach the real Twilio.
 */
export function redirectTls(port: number): void {
  const connect = () => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => socket.emit('secureConnect'));
    return socket;
  };
  tls.connect = connect as unknown as typeof tls.connect;
}

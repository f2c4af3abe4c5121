import net from 'node:net';
import tls from 'node:tls';

/**
 * Redirects every TLS connection of this process to a local port, without encryption.
 *
 * This is the lowest layer that `fetch` and `https` have in common, so everything above it runs as against Twilio, and
 * measurements differ only by a handshake. No request can reach the real Twilio.
 */
export function redirectTls(port: number): void {
  const connect = () => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => socket.emit('secureConnect'));
    return socket;
  };
  tls.connect = connect as unknown as typeof tls.connect;
}

import type { ServerKind } from '@parlance/bootstrap';
import { PrivateServer } from './private-server.js';

/** Ports that it relays through, above the one it listens on. */
const RELAY_PORTS = 50;

/** coturn with `use-auth-secret`: it knows these secrets and no user. */
function turnServer(secrets: readonly string[]): ServerKind {
  return {
    program: 'turnserver',
    setting: 'PARLANCE_TURN_URIS',
    scheme: 'turn',
    args: ({ port, folder }) => [
      ...['-n', '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${port}`, '--relay-threads=1'],
      ...[`--min-port=${port + 1}`, `--max-port=${port + RELAY_PORTS}`, '--allow-loopback-peers'],
      ...['--no-tls', '--no-dtls', '--no-cli', '--realm=parlance.test', '--use-auth-secret'],
      ...secrets.map((secret) => `--static-auth-secret=${secret}`),
      ...[`--userdb=${folder}/users`, `--pidfile=${folder}/pid`, '--log-file=stdout', '--verbose'],
    ],
    ready: /UDP listener opened/,
  };
}

/** A coturn of a test's own. Its log is read for its start alone. */
export async function startTurnServer(secrets: readonly string[]): Promise<PrivateServer> {
  return PrivateServer.start(turnServer(secrets), 'coturn');
}

import { createServer, type Server } from 'node:net';
import { StartupError, codeOf } from './startup-error.js';

/** `port` 0 takes any free one. */
export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

/** Starts to listen and gives the address in use. @throws StartupError that names the port and the remedy. */
export async function listen(server: Server, { host, port }: HttpAddress): Promise<HttpAddress> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => reject(listenError(error, { host, port }));
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.removeListener('error', fail);
      resolve();
    });
  });
  const address = server.address();
  return { host, port: typeof address === 'object' && address !== null ? address.port : port };
}

/** Finds a taken port before anything expensive is started. Somebody may still take it later: `listen` then says the same. */
export async function assertCanListen(address: HttpAddress): Promise<void> {
  if (address.port === 0) return;
  const probe = createServer();
  await listen(probe, address);
  await new Promise((resolve) => probe.close(resolve));
}

export function urlOf({ host, port }: HttpAddress): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function listenError(cause: Error, { host, port }: HttpAddress): Error {
  const [problem, remedy] = explain(codeOf(cause), host, port);
  return new StartupError(problem, remedy, { cause });
}

function explain(code: string, host: string, port: number): readonly [problem: string, remedy: string] {
  switch (code) {
    case 'EADDRINUSE':
      return [
        `port ${port} on ${host} is already in use`,
        'Stop the program that uses it, or choose another with PORT=<number>',
      ];
    case 'EACCES':
      return [`no permission to listen on port ${port} of ${host}`, 'Choose one above 1023 with PORT=<number>'];
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return [`${host} is no address of this machine (port ${port})`, 'Set HOST to one, such as 127.0.0.1 or 0.0.0.0'];
    default:
      return [`cannot listen on port ${port} of ${host} (${code})`, 'Choose another address with HOST and PORT'];
  }
}

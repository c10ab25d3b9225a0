interface Terminable {
  terminate(): void;
}

/**
 * Ends a client's Engine.IO transport without telling the server, for clients of either protocol version: a WebSocket's TCP connection
 * is cut; polling simply stops, as when the network is gone. Throws when there is no transport to end.
 */
export function killTransport(engine: unknown): void {
  const transport = valueOf(engine, 'transport');
  const webSocket = valueOf(transport, 'ws');
  if (isTerminable(webSocket)) return webSocket.terminate();
  const onClose = valueOf(transport, 'onClose');
  if (typeof onClose !== 'function') throw new Error('The client has no transport that could be cut.');
  Reflect.apply(onClose, transport, []);
}

function valueOf(holder: unknown, key: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, key) : undefined;
}

function isTerminable(value: unknown): value is Terminable {
  return typeof valueOf(value, 'terminate') === 'function';
}

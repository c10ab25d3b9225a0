import { describe, expect, it } from 'vitest';
import { clientAddress, type Forwarded } from './client-address.js';

function from(remoteAddress: string | undefined, forwarded?: string): Forwarded {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { headers, socket: { remoteAddress } };
}

describe('clientAddress', () => {
  it('believes no header without a proxy', () => {
    expect(clientAddress(from('10.0.0.1', '1.2.3.4'), 0)).toBe('10.0.0.1');
    expect(clientAddress(from(undefined), 0)).toBe('unknown');
  });

  it('takes what the outermost proxy of ours saw, not what the client wrote', () => {
    expect(clientAddress(from('10.0.0.1', '6.6.6.6, 1.2.3.4'), 1)).toBe('1.2.3.4');
    expect(clientAddress(from('10.0.0.1', '6.6.6.6, 1.2.3.4, 10.0.0.2'), 2)).toBe('1.2.3.4');
  });

  it('falls back on the connection', () => {
    expect(clientAddress(from('10.0.0.1'), 1)).toBe('10.0.0.1');
    expect(clientAddress(from('10.0.0.1', ' , '), 1)).toBe('10.0.0.1');
  });
});

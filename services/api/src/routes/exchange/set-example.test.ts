import { readEvent, type VerifiedSet } from '@mra/exchange-protocol';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { expect, test } from 'vitest';
import { setExample, TOLD } from './set-example.ts';

test('the token of the document says what its description shows, and a receiver takes it', () => {
  const { compact, description, jti } = setExample;
  const claims = decodeJwt(compact);
  expect(claims.jti).toBe(jti);
  const shown = /```json\n(.*)\n([\s\S]*?)\n```/.exec(description);
  expect(JSON.parse(shown?.[1] ?? '')).toEqual(decodeProtectedHeader(compact));
  expect(JSON.parse(shown?.[2] ?? '')).toEqual(claims);
  const [[eventType, payload] = []] = Object.entries(claims.events as object);
  const set = { eventType, payload, subject: claims.sub_id } as unknown as VerifiedSet;
  expect(readEvent(set, 'a stream')).toMatchObject({ ok: true, event: { seq: 1042, ...TOLD } });
});

import { z } from 'zod';
import { line } from './text.ts';

const KEYS_MAX = 20;

/** A number of a key, in base64url. */
const KeyMember = z
  .string()
  .max(1024)
  .regex(/^[A-Za-z0-9_-]+$/, { error: 'must be base64url' })
  .optional();

/** A public key as it is published (RFC 7517 section 4). Members of private keys are not in it, so they cannot be sent. */
const PublicKey = z.object({
  kty: z.enum(['EC', 'OKP', 'RSA']),
  use: z.literal('sig'),
  kid: line(200).min(1),
  alg: line(20).min(1),
  crv: line(20).min(1).optional(),
  x: KeyMember,
  y: KeyMember,
  n: KeyMember,
  e: KeyMember,
});

/** The keys with which a transmitter signs: those in use, those to come and those that are being rotated out. */
export const PublicKeySet = z
  .object({ keys: z.array(PublicKey).max(KEYS_MAX) })
  .meta({ id: 'PublicKeySet', description: 'Public keys that verify events and assertions (RFC 7517).' });
export type PublicKeySet = z.infer<typeof PublicKeySet>;

import { z } from 'zod';
import { line, prose } from './text.ts';

export const Liveness = z
  .object({ status: z.literal('ok') })
  .meta({ id: 'Liveness', description: 'The process answers. Says nothing about what it depends on.' });
export type Liveness = z.infer<typeof Liveness>;

export const Readiness = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    checks: z
      .array(
        z.object({
          name: line(64).describe('`database`, `migrations`.'),
          ok: z.boolean(),
          detail: prose(500).nullable().describe('Why not; null where it is well.'),
        }),
      )
      .max(20),
  })
  .meta({ id: 'Readiness', description: 'Whether requests should be sent here: 200 when ready, 503 when not.' });
export type Readiness = z.infer<typeof Readiness>;

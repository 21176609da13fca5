import { z } from 'zod';
import { COUNT_MAX } from './text.ts';

export const Liveness = z
  .object({ status: z.literal('ok') })
  .meta({ id: 'Liveness', description: 'The process answers. Says nothing about what it depends on.' });
export type Liveness = z.infer<typeof Liveness>;

export const Readiness = z
  .object({
    status: z.literal('ready'),
    replica: z
      .object({
        changeSeq: z.int().min(0).max(COUNT_MAX).meta({ description: 'Number of the last change that has arrived.' }),
        lagMs: z.int().min(0).max(COUNT_MAX).meta({ description: 'By how many milliseconds answers may be behind.' }),
      })
      .optional()
      .meta({ description: 'Of a read-only instance, on a streaming replica.' }),
  })
  .meta({ id: 'Readiness', description: 'Requests may be sent here: the database answers and has every migration.' });
export type Readiness = z.infer<typeof Readiness>;

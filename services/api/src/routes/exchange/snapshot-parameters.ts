import { z } from 'zod';
import { snapshotExamples } from './snapshot-examples.ts';

const SnapshotId = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9-]+$/, { error: 'must be the id of a snapshot' })
  .meta({ description: 'Id of the snapshot.', examples: [snapshotExamples.id] });

export const SnapshotParams = z.object({ snapshotId: SnapshotId });

export const SnapshotFileParams = z.object({
  snapshotId: SnapshotId,
  file: z
    .string()
    .max(5)
    .regex(/^[1-9]\d*$/, { error: 'must be the number of a file' })
    .meta({ description: 'Number of the file, from 1.', examples: ['1'] })
    .transform(Number),
});

import type { HttpApp } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';
import { changeStream } from './change-stream.ts';
import { createStream } from './create-stream.ts';
import { deleteSnapshot } from './delete-snapshot.ts';
import { deleteStream } from './delete-stream.ts';
import { getDigest } from './get-digest.ts';
import { getJwks } from './get-jwks.ts';
import { getSnapshot } from './get-snapshot.ts';
import { getSnapshotFile } from './get-snapshot-file.ts';
import { getStreamStatus } from './get-stream-status.ts';
import { getStreams } from './get-streams.ts';
import { getTransmitterMetadata } from './get-transmitter-metadata.ts';
import { pollStream } from './poll-stream.ts';
import { postEvents } from './post-events.ts';
import { postSnapshot } from './post-snapshot.ts';
import { replayStream } from './replay-stream.ts';
import { setStreamStatus } from './set-stream-status.ts';
import { verifyStream } from './verify-stream.ts';

/** Calls of partners: each acts as the partner that its token names, and reaches nothing of others. */
export function exchangeRoutes(app: HttpApp, dependencies: Dependencies): void {
  getTransmitterMetadata(app, dependencies);
  getJwks(app, dependencies);
  createStream(app, dependencies);
  getStreams(app, dependencies);
  changeStream(app, dependencies, 'PATCH');
  changeStream(app, dependencies, 'PUT');
  deleteStream(app, dependencies);
  getStreamStatus(app, dependencies);
  setStreamStatus(app, dependencies);
  verifyStream(app, dependencies);
  replayStream(app, dependencies);
  pollStream(app, dependencies);
  postEvents(app, dependencies);

  postSnapshot(app, dependencies);
  getSnapshot(app, dependencies);
  getSnapshotFile(app, dependencies);
  deleteSnapshot(app, dependencies);
  getDigest(app, dependencies);
}

import { StreamId } from '@mra/exchange-protocol';
import { z } from 'zod';
import { STREAM_ID } from './examples.ts';

const Id = StreamId.meta({ description: 'Id of the stream.', examples: [STREAM_ID] });

/** The framework names streams in the query string. */
export const StreamQuery = z.strictObject({ stream_id: Id });
export const OptionalStreamQuery = z.strictObject({ stream_id: Id.optional() });

export const StreamParams = z.object({ streamId: Id });

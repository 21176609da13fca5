export { EmbeddedDatabaseError, type EmbeddedDatabaseErrorCode } from './errors.ts';
export { type EmbeddedDatabase, type EmbeddedDatabaseOptions, startEmbeddedDatabase } from './start.ts';

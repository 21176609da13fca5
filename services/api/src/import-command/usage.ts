/** What `--help` prints. */
export const USAGE = `npm run import -- FILE --programme PROGRAMME [options]

Sends a list of members, .csv or .ndjson, and prints what became of it.

  --programme ID        programme of the members, for example eu-aeo
  --mode full|delta     full: members missing from the list are ended; delta (when left out): they stay as they are
  --allow-removals N    how many members a full list may end when that is more than 10 % of them, or all
  --url URL             address of the service; http://127.0.0.1:3000 when left out
  --token TOKEN         access token; else TOKEN, or one of the development issuer in DATA_DIR
  --help                this text

Ends with 0 when every line was applied, with 1 otherwise.
`;

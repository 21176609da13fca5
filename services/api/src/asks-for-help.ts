/** Whether the command line asks for the usage, whatever else it says. */
export const asksForHelp = (args: readonly string[]): boolean => args.includes('--help') || args.includes('-h');

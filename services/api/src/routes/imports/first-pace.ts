import type { Pace } from '@mra/registry';

/**
 * Until a list has shown otherwise. Measured on two cores, without partners to tell of them: 10,000 new members a second, or 3,000 that
 * are judged. A list that will be late is begun anew when its first thousands show it, and so is one that would be known much too late.
 */
export const firstPace = (): Pace => ({ secondsEach: 1 / 2_900 });

import type { Pace } from '@mra/registry';

/**
 * Until a list has shown otherwise. Measured on two cores, without partners to tell of them: 2,400 new members a second beside other work.
 * A list that will be late is begun anew when its first thousands show it, and so is one that would be known much too late.
 */
export const firstPace = (): Pace => ({ secondsEach: 1 / 2_500 });

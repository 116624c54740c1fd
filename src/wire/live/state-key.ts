/** The one key of a source's series: every write of its state raises it by one. */
export const STATE_KEY = 'state';

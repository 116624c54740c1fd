/** The port of the APIs on this machine: the same on each start, so that what was written down about it works again. */
export const HTTP_PORT = 7070;

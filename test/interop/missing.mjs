/** Something that has to be installed before a server can be driven. The run says what, and ends with exit code 2. */
export class Missing extends Error {}

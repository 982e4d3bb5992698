/** A database that a gateway must not use; its message is for the person who started it. */
export class UnusableStore extends Error {}

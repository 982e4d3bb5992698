/** At this priority a message breaks quiet hours, and waits for no other banner and no other device. */
export const URGENT = 5

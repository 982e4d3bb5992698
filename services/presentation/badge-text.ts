/** A count for a small place: uni's tab bar shows four characters as "...". */
export function badgeText(unread: number): string {
  return unread > 99 ? '99+' : String(unread)
}
